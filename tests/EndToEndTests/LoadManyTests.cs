using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Ingest.TestSupport;
using Microsoft.Data.Sqlite;

namespace Ingest.EndToEndTests;

/// <summary>Loads of many inputs, and of patterns that stand for them.</summary>
public sealed class LoadManyTests
{
    private const string Definition = "pipeline: numbers\ntable: numbers\ncolumns:\n  n: integer\n  file: text\n";
    private const string Updated = "pipeline: numbers\ntable: numbers\nkey: n\non_duplicate: update\ncolumns:\n  n: integer\n  file: text\n";
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);

    private readonly string _folder = TestRun.CreateFolder("load-many");

    [Fact]
    public async Task Inputs_are_loaded_at_the_same_time()
    {
        // Each waits for the other, which only works side by side.
        await using var load = Start(
            Definition, "--parallel", "2", "--exec", "mkfifo a; echo '{\"n\":1}' > a; rm a", "--exec", "until cat a; do :; done 2> /dev/null");
        Assert.Equal(0, await load.WaitForExitAsync(Deadline));
        Assert.Equal([1], Numbers());
    }

    [Fact]
    public async Task A_bad_file_among_many_is_told_and_the_others_are_loaded_and_counted()
    {
        foreach (var name in new[] { "a", "b", "d" })
            Write($"{name}.ndjson", Lines(name, 1, 1000));
        var cut = Zip(Lines("c", 1, 1000));
        await File.WriteAllBytesAsync(Path.Combine(_folder, "c.ndjson.gz"), cut[..^20], TestContext.Current.CancellationToken);

        for (var time = 0; time < 2; time++)
        {
            await using var load = Start(Definition, "--parallel", "3", "a.ndjson", "b.ndjson", "c.ndjson.gz", "d.ndjson");
            Assert.Equal(1, await load.WaitForExitAsync(Deadline));
            Assert.StartsWith("ingest: c.ndjson.gz is corrupt or cut short", Assert.Single(load.Output.ErrorLines), StringComparison.Ordinal);
            var summary = JsonNode.Parse(Assert.Single(load.Output.Lines))!;
            Assert.Equal(time == 0 ? 0 : (long)summary["lines"]!, (long)summary["already"]!);
            Assert.Equal((long)summary["lines"]!, Query<long>("SELECT sum(lines) FROM ingest_sources").Single());
            Assert.Equal(3000, Query<long>("SELECT count(*) FROM numbers WHERE file <> 'c'").Single());
        }

        Assert.Equal(4, Query<long>("SELECT count(*) FROM ingest_sources").Single());
    }

    [Fact]
    public async Task Where_later_rows_replace_earlier_ones_the_last_file_wins()
    {
        Write("first.ndjson", Lines("first", 1, 100_000));
        Write("last.ndjson", Lines("last", 100_000, 1));
        await using var load = Start(Updated, "--parallel", "4", "first.ndjson", "last.ndjson");
        Assert.Equal(0, await load.WaitForExitAsync(Deadline));
        Assert.Equal(["last"], Query<string>("SELECT file FROM numbers WHERE n = 100000"));
    }

    [Fact]
    public async Task An_interrupt_ends_all_that_are_under_way()
    {
        await using var load = Start(
            Definition, "--parallel", "2", "--exec", "echo '{\"n\":1}'; exec sleep 1000", "--exec", "echo '{\"n\":2}'; exec sleep 1000", "--exec", "echo '{\"n\":3}'");
        await Eventually.HoldsAsync(() => Numbers() is [1, 2], Deadline, () => load.Describe("was to write what came of both"));
        load.Interrupt();
        Assert.Equal(130, await load.WaitForExitAsync(Deadline));
        Assert.Equal("ingest: interrupted; what was read is written.", Assert.Single(load.Output.ErrorLines));
        Assert.Equal(2, (int)JsonNode.Parse(Assert.Single(load.Output.Lines))!["written"]!);
        Assert.Equal([1, 2], Numbers());
    }

    [Fact]
    public async Task A_pattern_that_the_shell_did_not_expand_stands_for_its_files_each_once()
    {
        Write("a1.ndjson", Lines("a1", 1, 1));
        Write("a2.ndjson", Lines("a2", 2, 1));
        Write("b1.ndjson", Lines("b1", 3, 1));
        Write("a[1].ndjson", Lines("a[1]", 4, 1));
        Write(".a.ndjson", Lines(".a", 5, 1));
        Write("deep/er/c1.ndjson", Lines("c1", 6, 1));
        Write("deep/.hidden/c1.ndjson", Lines("hidden", 7, 1));
        Directory.CreateDirectory(Path.Combine(_folder, "a.ndjson"));
        Directory.CreateSymbolicLink(Path.Combine(_folder, "deep", "er", "round"), _folder);

        foreach (var (pattern, expected) in new (string, long[])[]
        {
            ("a[1].ndjson", [4]),
            ("a?.ndjson", [1, 2, 4]),
            ("deep/**/*.ndjson", [1, 2, 4, 6]),
            (Path.Combine(_folder, "*.ndjson"), [1, 2, 3, 4, 6]),
        })
        {
            await using var load = Start(Definition, pattern, "a1.ndjson", "./a1.ndjson");
            Assert.Equal(0, await load.WaitForExitAsync(Deadline));
            Assert.Equal(expected, Numbers().Where(n => n != 1 || expected.Contains(1)));
        }
    }

    [Fact]
    public async Task A_pattern_without_files_is_told_before_anything_is_loaded()
    {
        Write("a.ndjson", Lines("a", 1, 1));
        await using var load = Start(Definition, "a.ndjson", "b*.ndjson");
        Assert.Equal(1, await load.WaitForExitAsync(Deadline));
        Assert.Equal("ingest: No file matches b*.ndjson.", Assert.Single(load.Output.ErrorLines));
        await using var twice = Start(Definition, "-", "a.ndjson", "-");
        Assert.Equal(2, await twice.WaitForExitAsync(Deadline));
        Assert.False(File.Exists(Path.Combine(_folder, "ingest.db")));
    }

    private ServiceProcess Start(string definition, params string[] arguments)
    {
        Write("numbers.yaml", definition);
        return ServiceProcess.Start("Cli", ["load", .. arguments, "-p", "numbers.yaml", "-d", "ingest.db", "--format", "json"], workingDirectory: _folder);
    }

    private static string Lines(string file, int first, int count) =>
        string.Concat(Enumerable.Range(first, count).Select(n => $"{{\"n\":{n},\"file\":\"{file}\"}}\n"));

    private void Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    private static byte[] Zip(string text)
    {
        var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionMode.Compress))
            gzip.Write(Encoding.UTF8.GetBytes(text));
        return zipped.ToArray();
    }

    private List<long> Numbers() => Query<long>("SELECT n FROM numbers ORDER BY n");

    private List<T> Query<T>(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(_folder, "ingest.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
            rows.Add(reader.GetFieldValue<T>(0));
        return rows;
    }
}
