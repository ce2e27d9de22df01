using System.Text;
using Ingest.Compression;
using Ingest.Pipelines.Definition;

namespace Ingest.UnitTests.Compression;

/// <summary>What came of some compressed bytes.</summary>
/// <param name="Content">What was unpacked before the end or the fault.</param>
/// <param name="Fault">What the fault said, or null.</param>
internal sealed record Unpacking(string Content, string? Fault)
{
    public static async Task<Unpacking> OfAsync(
        Stream compressed, Decompression how, Codecs codecs = Codecs.Fastest, DecompressionLimits? limits = null, int readBytes = 1_000)
    {
        await using var content = Decompressor.Open(compressed, how, new DecompressionBudget(limits ?? new(), TimeProvider.System), codecs);
        var unpacked = new MemoryStream();
        var buffer = new byte[readBytes];
        try
        {
            while (true)
            {
                _ = await content.ReadAsync(Memory<byte>.Empty, TestContext.Current.CancellationToken);
                var count = await content.ReadAsync(buffer, TestContext.Current.CancellationToken);
                if (count == 0)
                    return new Unpacking(Text(unpacked), null);
                unpacked.Write(buffer, 0, count);
            }
        }
        catch (Exception fault) when (fault is CorruptInputException or DecompressionRefusedException)
        {
            return new Unpacking(Text(unpacked), fault.Message);
        }
    }

    private static string Text(MemoryStream bytes) => Encoding.Latin1.GetString(bytes.ToArray());
}
