using Ingest.Pipelines.Definition;

namespace Ingest.Compression;

/// <summary>What the formats are called, in definitions and messages.</summary>
internal static class FormatNames
{
    public static string Of(Decompression format) => format switch
    {
        Decompression.Gzip => "gzip",
        Decompression.Zstd => "zstd",
        Decompression.Xz => "xz",
        Decompression.Bzip2 => "bzip2",
        Decompression.Lz4 => "lz4",
        _ => "plain",
    };
}
