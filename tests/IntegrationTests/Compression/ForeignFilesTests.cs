using System.Globalization;
using System.Security.Cryptography;
using Ingest.Compression;
using Ingest.Pipelines.Definition;
using Ingest.TestSupport;

namespace Ingest.IntegrationTests.Compression;

/// <summary>Good, odd and damaged files of other projects, with what the format's own tool makes of each.</summary>
public sealed class ForeignFilesTests
{
    private const int HashDigits = 16;

    /// <summary>What is refused by one and read by the other, or read differently, and why.</summary>
    private static readonly Dictionary<string, string> Differences = new()
    {
        ["indexed_bzip2/src/tests/data/empty.migz"] = "no bytes are no lines; gzip wants a member",
        ["indexed_bzip2/src/tests/data/empty.pgzf"] = "no bytes are no lines; gzip wants a member",
    };

    /// <summary>The same where the system's libraries are not there.</summary>
    private static readonly Dictionary<string, string> ManagedDifferences = new()
    {
        ["xz/tests/files/good-1-3delta-lzma2.xz"] = "a delta filter",
        ["xz/tests/files/good-1-arm64-lzma2-1.xz"] = "a filter for programs",
        ["xz/tests/files/good-1-arm64-lzma2-2.xz"] = "a filter for programs",
        ["xz/tests/files/good-1-delta-lzma2.tiff.xz"] = "a delta filter",
        ["xz/tests/files/good-1-empty-bcj-lzma2.xz"] = "a filter for programs",
    };

    [Theory]
    [InlineData(nameof(Codecs.Fastest))]
    [InlineData(nameof(Codecs.Managed))]
    public async Task Every_file_is_read_as_its_own_tool_reads_it(string codecs)
    {
        var which = Enum.Parse<Codecs>(codecs);
        var cases = await File.ReadAllLinesAsync(SharedFolder.FileOrSkip("cases/compressed/expected.tsv"), TestContext.Current.CancellationToken);
        var wrong = new List<string>();
        var checkedFiles = 0;
        foreach (var fields in cases.Skip(1).Select(line => line.Split('\t')))
        {
            // Lzip and the older format of LZMA are none of ours.
            var name = fields[0];
            if (name.EndsWith(".lz", StringComparison.Ordinal) || name.EndsWith(".lzma", StringComparison.Ordinal))
                continue;
            if (Differences.ContainsKey(name) || (which == Codecs.Managed && ManagedDifferences.ContainsKey(name)))
                continue;
            checkedFiles++;
            var expected = new Expected(fields[3] == "0", long.Parse(fields[4], CultureInfo.InvariantCulture), fields[5]);
            var found = await ReadAsync(SharedFolder.FileOrSkip($"cases/compressed/{name}"), Format(fields[2]), which);
            if (found.IsWhole != expected.IsWhole || (found != expected && (expected.IsWhole || which == Codecs.Fastest)))
                wrong.Add($"{name}: {expected} was expected, {found} found");
        }

        Assert.Empty(wrong);
        Assert.InRange(checkedFiles, 150, int.MaxValue);
    }

    private static Decompression Format(string tool) => tool.Split(' ')[0] switch
    {
        "gzip" => Decompression.Gzip,
        "bzip2" => Decompression.Bzip2,
        "lz4" => Decompression.Lz4,
        _ => Decompression.Xz,
    };

    private static async Task<Expected> ReadAsync(string file, Decompression format, Codecs codecs)
    {
        await using var compressed = File.OpenRead(file);
        await using var content = Decompressor.Open(compressed, format, new DecompressionBudget(new DecompressionLimits(), TimeProvider.System), codecs);
        using var unpacked = new MemoryStream();
        var isWhole = true;
        try
        {
            await content.CopyToAsync(unpacked, TestContext.Current.CancellationToken);
        }
        catch (CorruptInputException)
        {
            isWhole = false;
        }

        return new Expected(isWhole, unpacked.Length, Convert.ToHexStringLower(SHA256.HashData(unpacked.ToArray()))[..HashDigits]);
    }

    private sealed record Expected(bool IsWhole, long Bytes, string Hash);
}
