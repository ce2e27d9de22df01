using System.Globalization;
using Ingest.Pipelines.Definition;

namespace Ingest.Compression;

/// <summary>Compressed bytes that are damaged, cut short, or no bytes of their format. What came before them was read.</summary>
/// <param name="format">What they were read as.</param>
/// <param name="offset">How many compressed bytes were taken; the fault lies among the last of them or right behind.</param>
/// <param name="reason">What is wrong, as in "is cut short".</param>
/// <param name="inner">What the decoder said, or null.</param>
public sealed class CorruptInputException(Decompression format, long offset, string reason, Exception? inner = null)
    : Exception(
        string.Create(CultureInfo.InvariantCulture, $"its {FormatNames.Of(format)} data {reason}, at byte {offset} of the compressed input"), inner)
{
    public Decompression Format => format;

    /// <summary>How many compressed bytes were taken.</summary>
    public long Offset => offset;
}
