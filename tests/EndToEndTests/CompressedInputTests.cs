using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Ingest.TestSupport;
using Microsoft.Data.Sqlite;

namespace Ingest.EndToEndTests;

/// <summary>Compressed lines, to a port and from files.</summary>
public sealed class CompressedInputTests(SharedServers servers)
{
    private const int LineCount = 5_000;

    private const string Numbers =
        """
        table: numbers
        key: n
        columns:
          n: bigint
          text: text
        """;

    /// <summary>A zstd frame (RFC 8878) that wants a window of 2 GiB for its one line.</summary>
    private static readonly byte[] WideFrame =
        [0x28, 0xb5, 0x2f, 0xfd, 0x00, (31 - 10) << 3, (8 << 3) | 1, 0, 0, .. "{\"n\":1}\n"u8];

    [Fact]
    public async Task Gzip_and_zstd_over_TCP_are_the_lines_that_they_hold()
    {
        var ncat = await Ncat.FindOrSkipAsync();
        await using var pipeline = await PipelineUnderTest.StartAsync(servers, Numbers + "\nacknowledge: committed\n");
        byte[][] inputs = [Gzip(Lines(0)), Zstd(Lines(1)), [.. Gzip(Lines(2)), .. Gzip(Lines(3))], [.. Zstd(Lines(4)), .. Zstd(Lines(5))]];
        long lines = 0;
        foreach (var (input, expected) in inputs.Zip([LineCount, LineCount, 2 * LineCount, 2 * LineCount]))
        {
            var sent = await ncat.SendAsync(pipeline.Port, new MemoryStream(input), PipelineUnderTest.Deadline);
            var receipt = Parse(sent.Output);
            Assert.Equal(("committed", expected, expected), (receipt.GetProperty("state").GetString(), receipt.GetProperty("lines").GetInt32(), receipt.GetProperty("written").GetInt32()));
            lines += expected;
        }

        await pipeline.AllLinesAreAccountedForAsync(lines, inputs.Length);
    }

    [Fact]
    public async Task What_is_cut_short_over_TCP_keeps_its_whole_lines_and_the_receipt_says_where_it_ends()
    {
        var ncat = await Ncat.FindOrSkipAsync();
        await using var pipeline = await PipelineUnderTest.StartAsync(servers, Numbers + "\nacknowledge: committed\n");
        var taken = 0L;
        foreach (var whole in new[] { Gzip(Lines(0)), Zstd(Lines(1)) })
        {
            var sent = await ncat.SendAsync(pipeline.Port, new MemoryStream(whole[..^1_000]), PipelineUnderTest.Deadline);
            var receipt = Parse(sent.Output);
            Assert.Contains($"is cut short, at byte {whole.Length - 1_000} of the compressed input", receipt.GetProperty("error").GetString(), StringComparison.Ordinal);
            Assert.Equal(1, receipt.GetProperty("rejected").GetInt32());
            Assert.InRange(receipt.GetProperty("written").GetInt32(), 1, LineCount - 1);
            taken += receipt.GetProperty("lines").GetInt64();
        }

        await pipeline.AllLinesAreAccountedForAsync(taken, 2);
        Assert.Equal(2, await pipeline.Database.ScalarAsync<long>(
            "SELECT count(*) FROM ingest_rejects WHERE reason = 'corrupt_input' AND detail LIKE '%at byte%'"));
    }

    [Fact]
    public async Task A_window_that_is_too_large_is_refused_on_a_port_with_what_to_set()
    {
        var ncat = await Ncat.FindOrSkipAsync();
        await using var pipeline = await PipelineUnderTest.StartAsync(servers, Numbers);
        var sent = await ncat.SendAsync(pipeline.Port, new MemoryStream(WideFrame), PipelineUnderTest.Deadline);
        var receipt = Parse(sent.Output);
        Assert.Contains("set Gateway__MaxDecompressionWindowBytes=2147483648 in the environment", receipt.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal((0, 0), (receipt.GetProperty("lines").GetInt32(), receipt.GetProperty("rejected").GetInt32()));
    }

    [Fact]
    public async Task A_window_that_is_too_large_is_refused_by_load_and_read_once_it_is_allowed()
    {
        var folder = TestRun.CreateFolder("window");
        await File.WriteAllTextAsync(Path.Combine(folder, "numbers.yaml"), $"pipeline: numbers\n{Numbers}", TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(Path.Combine(folder, "wide.zst"), WideFrame, TestContext.Current.CancellationToken);
        string[] load = ["load", "wide.zst", "-p", "numbers.yaml", "-d", "numbers.db"];

        await using var refused = ServiceProcess.Start("Cli", load, workingDirectory: folder);
        Assert.Equal(1, await refused.WaitForExitAsync(PipelineUnderTest.Deadline));
        Assert.Equal(
            "ingest: wide.zst is not loaded from byte 0 of its content on: its zstd window of 2147483648 bytes is larger than 134217728 bytes; set Gateway__MaxDecompressionWindowBytes=2147483648 in the environment to read it.",
            Assert.Single(refused.Output.ErrorLines));

        await using var allowed = ServiceProcess.Start(
            "Cli", load, new Dictionary<string, string?> { ["Gateway__MaxDecompressionWindowBytes"] = "2147483648" }, folder);
        Assert.Equal(0, await allowed.WaitForExitAsync(PipelineUnderTest.Deadline));
        Assert.Equal((1, 0), (Count(folder, "numbers"), Count(folder, "ingest_rejects")));
    }

    /// <summary>The delivered command has .NET's own decoder inside, which ends a file where no further member begins.</summary>
    [Fact]
    public async Task What_follows_a_gzip_member_and_is_none_is_a_reject_of_load_and_not_lost()
    {
        var folder = TestRun.CreateFolder("followed");
        await File.WriteAllTextAsync(Path.Combine(folder, "numbers.yaml"), $"pipeline: numbers\n{Numbers}", TestContext.Current.CancellationToken);
        byte[] followed = [.. Gzip(Lines(0)), .. Lines(1)];
        await File.WriteAllBytesAsync(Path.Combine(folder, "followed.gz"), followed, TestContext.Current.CancellationToken);

        await using var load = ServiceProcess.Start("Cli", ["load", "followed.gz", "-p", "numbers.yaml", "-d", "numbers.db"], workingDirectory: folder);
        await load.WaitForExitAsync(PipelineUnderTest.Deadline);
        Assert.Equal((LineCount, 1), (Count(folder, "numbers"), Count(folder, "ingest_rejects")));
    }

    private static long Count(string folder, string table)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "numbers.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT count(*) FROM {table}";
        return (long)command.ExecuteScalar()!;
    }

    /// <summary>Lines that do not shrink to nothing.</summary>
    private static byte[] Lines(int part)
    {
        var random = new Random(part);
        return Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(part * LineCount, LineCount).Select(n => $"{{\"n\":{n},\"text\":\"{random.NextInt64()}\"}}\n")));
    }

    private static byte[] Gzip(byte[] lines)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionMode.Compress))
            gzip.Write(lines);
        return packed.ToArray();
    }

    private static byte[] Zstd(byte[] lines)
    {
        using var zstd = new ZstdSharp.Compressor();
        return zstd.Wrap(lines).ToArray();
    }

    private static JsonElement Parse(string receipt) => JsonDocument.Parse(receipt).RootElement;
}
