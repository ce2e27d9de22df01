using System.Text;
using System.Text.Json.Nodes;
using Ingest.TestSupport;
using Microsoft.Data.Sqlite;

namespace Ingest.EndToEndTests;

/// <summary>The <c>ingest</c> command as a newcomer meets it.</summary>
public sealed class LoadTests
{
    private const string Definition =
        """
        pipeline: people
        where: age >= 18
        table: people
        key: id
        columns:
          id: integer
          name: { type: text, required: true }
          age: smallint
        """;

    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);

    private readonly string _folder = TestRun.CreateFolder("load");

    [Fact]
    public async Task Bad_lines_become_rejects_with_their_reason_and_the_exit_code_is_0()
    {
        var input = Write("in.ndjson",
            "{\"id\":1,\"name\":\"Ada\",\"age\":36}\n{\"id\":2,\"name\":\"Bob\",\"age\":7}\n{oops\n[1]\n{\"id\":3,\"age\":40}\n"
            + "{\"id\":\"x\",\"name\":\"Cy\",\"age\":50}\n{\"id\":1,\"name\":\"Ada again\",\"age\":36}\n{\"id\":4,\"name\":\"" + new string('x', 300) + "\",\"age\":20}\n"
            + "{\"id\":5,\"name\":\"?\",\"age\":20}",
            bytes => bytes.AsSpan().Replace((byte)0x3f, (byte)0xff));
        var (exit, summary, _) = await LoadAsync(Definition + "\nmax_line_bytes: 200", input);

        Assert.Equal(0, exit);
        Assert.Equal("9 lines, 0 already, 1 written, 1 duplicate, 1 filtered, 6 rejected", Balance(summary));
        Assert.Equal(
            [
                "3|invalid_json||{oops",
                "4|not_an_object||[1]",
                "5|missing_required|name|{\"id\":3,\"age\":40}",
                "6|invalid_value|id|{\"id\":\"x\",\"name\":\"Cy\",\"age\":50}",
                "8|line_too_long||" + "{\"id\":4,\"name\":\"" + new string('x', 300) + "\",\"age\":20}",
                "9|invalid_utf8||{\"id\":5,\"name\":\"\uFFFD\",\"age\":20}",
            ],
            Query("SELECT line, reason, coalesce(column_name, ''), raw FROM ingest_rejects ORDER BY line"));
        Assert.Equal(["1|Ada|36"], Query("SELECT * FROM people"));
        Assert.Equal(["9|1|1|1|6"], Query("SELECT sum(lines), sum(written), sum(duplicate), sum(filtered), sum(rejected) FROM ingest_batches"));
        Assert.Equal([$"{input}|9|9"], Query("SELECT source, lines, last_line FROM ingest_sources"));
    }

    [Fact]
    public async Task Loading_a_file_again_writes_nothing_and_says_so()
    {
        var input = Write("in.ndjson", "{\"id\":1,\"name\":\"Ada\",\"age\":36}\n");
        await LoadAsync(Definition, input);
        var (exit, summary, _) = await LoadAsync(Definition, input);
        Assert.Equal(0, exit);
        Assert.Equal("1 lines, 1 already, 0 written, 0 duplicate, 0 filtered, 0 rejected", Balance(summary));
    }

    [Fact]
    public async Task A_compressed_file_and_standard_input_load_like_a_plain_file()
    {
        var plain = Encoding.UTF8.GetBytes("{\"id\":1,\"name\":\"Ada\",\"age\":36}\n");
        var zipped = Path.Combine(_folder, "in.ndjson.gz");
        await using (var gzip = new System.IO.Compression.GZipStream(File.Create(zipped), System.IO.Compression.CompressionMode.Compress))
            await gzip.WriteAsync(plain, TestContext.Current.CancellationToken);
        var (_, summary, _) = await LoadAsync(Definition, zipped);
        Assert.Equal("1 lines, 0 already, 1 written, 0 duplicate, 0 filtered, 0 rejected", Balance(summary));

        await using var command = Start(Definition, "-");
        await command.Input.WriteAsync(plain, TestContext.Current.CancellationToken);
        command.Input.Close();
        Assert.Equal(0, await command.WaitForExitAsync(Deadline));
        Assert.Equal("1 lines, 0 already, 0 written, 1 duplicate, 0 filtered, 0 rejected", Balance(JsonNode.Parse(Assert.Single(command.Output.Lines))!));
    }

    [Fact]
    public async Task A_truncated_file_loads_its_whole_lines_and_fails()
    {
        var zipped = new MemoryStream();
        await using (var gzip = new System.IO.Compression.GZipStream(zipped, System.IO.Compression.CompressionMode.Compress, leaveOpen: true))
        {
            var random = new Random(1);
            for (var i = 0; i < 2_000; i++)
                await gzip.WriteAsync(Encoding.UTF8.GetBytes($"{{\"id\":{i},\"name\":\"{random.NextInt64()}\",\"age\":36}}\n"), TestContext.Current.CancellationToken);
        }

        var input = Path.Combine(_folder, "cut.ndjson.gz");
        await File.WriteAllBytesAsync(input, zipped.ToArray()[..^5000], TestContext.Current.CancellationToken);
        var (exit, summary, error) = await LoadAsync(Definition, input);
        Assert.Equal(1, exit);
        Assert.Contains("corrupt or cut short", error, StringComparison.Ordinal);
        Assert.InRange((long)summary["written"]!, 1, 1_999);
        Assert.Equal(1, (long)summary["rejected"]!);
        Assert.Equal(["corrupt_input"], Query("SELECT reason FROM ingest_rejects"));
    }

    [Theory]
    [InlineData("missing.ndjson", "ingest.db", 1, "There is no file missing.ndjson.")]
    [InlineData("dangling.ndjson", "ingest.db", 1, "dangling.ndjson cannot be opened")]
    [InlineData("in.ndjson", "/nowhere/at/all.db", 1, "/nowhere/at/all.db")]
    [InlineData("in.ndjson", "Host=127.0.0.1;Port=1;Username=u;Password=topsecret;Database=d", 1, "127.0.0.1:1/d")]
    [InlineData("in.ndjson", "Host=127.0.0.1;Colour=blue", 2, "not understood")]
    [InlineData("in.ndjson", "mysql://u:topsecret@127.0.0.1/d", 2, "mysql:// is no kind of database that is known")]
    public async Task What_cannot_work_is_one_clear_line_and_the_right_exit_code(string input, string database, int expected, string message)
    {
        Write("in.ndjson", "{}\n");
        File.CreateSymbolicLink(Path.Combine(_folder, "dangling.ndjson"), Path.Combine(_folder, "gone.ndjson"));
        var definition = Write("people.yaml", Definition);
        await using var command = ServiceProcess.Start("Cli", ["load", input, "-p", definition, "-d", database], workingDirectory: _folder);
        Assert.Equal(expected, await command.WaitForExitAsync(Deadline));
        var line = Assert.Single(command.Output.ErrorLines);
        Assert.Contains(message, line, StringComparison.Ordinal);
        Assert.DoesNotContain("topsecret", line, StringComparison.Ordinal);
        Assert.Empty(command.Output.Lines);
    }

    [Theory]
    [InlineData("name == Ada", "ingest: nothing was written: the filter of ")]
    [InlineData("tally == null", "ingest: nothing was written: 20 lines were rejected (SELECT reason, column_name, detail, count(*) FROM ingest_rejects WHERE pipeline = 'people' GROUP BY")]
    [InlineData("age > 18", "")]
    public async Task A_load_of_which_nothing_fits_says_what_may_be_wrong(string where, string hint)
    {
        var name = hint.Contains("rejected", StringComparison.Ordinal) ? "nam" : "name";
        var input = Write("in.ndjson", string.Concat(Enumerable.Range(1, 20).Select(i => $"{{\"id\":{i},\"{name}\":\"Ada\",\"age\":36}}\n")));
        var (exit, _, error) = await LoadAsync(Definition.Replace("age >= 18", where, StringComparison.Ordinal), input);
        Assert.Equal(0, exit);
        Assert.StartsWith(hint, error, StringComparison.Ordinal);
        Assert.Equal(hint.Length == 0, error.Length == 0);
    }

    [Fact]
    public async Task A_row_that_the_database_refuses_is_a_reject_and_the_others_are_written()
    {
        CreatePeople("CHECK (age < 50)");
        var input = Write("in.ndjson", "{\"id\":1,\"name\":\"Ada\",\"age\":36}\n{\"id\":2,\"name\":\"Cy\",\"age\":60}\n");
        var (exit, summary, _) = await LoadAsync(Definition, input);
        Assert.Equal(0, exit);
        Assert.Equal("2 lines, 0 already, 1 written, 0 duplicate, 0 filtered, 1 rejected", Balance(summary));
        Assert.Equal(["2"], Query("SELECT line FROM ingest_rejects WHERE reason = 'constraint_violation'"));
    }

    [Fact]
    public async Task A_table_that_takes_no_row_ends_the_load_with_its_reason()
    {
        CreatePeople("CHECK (age < 0)");
        var input = Write("in.ndjson", string.Concat(Enumerable.Range(1, 200).Select(i => $"{{\"id\":{i},\"name\":\"Ada\",\"age\":36}}\n")));
        var (exit, summary, error) = await LoadAsync(Definition, input);
        Assert.Equal(1, exit);
        Assert.Contains("CHECK constraint failed", error, StringComparison.Ordinal);
        Assert.Equal("0 lines, 0 already, 0 written, 0 duplicate, 0 filtered, 0 rejected", Balance(summary));
        Assert.Equal(["0"], Query("SELECT count(*) FROM people"));
    }

    [Fact]
    public async Task An_interrupted_load_writes_what_it_has_read_and_exits_with_130()
    {
        await using var command = Start(Definition, "-");
        await command.Input.WriteAsync("{\"id\":1,\"name\":\"Ada\",\"age\":36}\n{\"id\":2,\"na"u8.ToArray(), TestContext.Current.CancellationToken);
        await command.Input.FlushAsync(TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync(() => Query("SELECT id FROM people") is ["1"], Deadline, () => command.Describe("was to write the first line"));
        command.Interrupt();

        Assert.Equal(130, await command.WaitForExitAsync(Deadline));
        Assert.Equal("ingest: interrupted; what was read is written.", Assert.Single(command.Output.ErrorLines));
        Assert.Equal("1 lines, 0 already, 1 written, 0 duplicate, 0 filtered, 0 rejected", Balance(JsonNode.Parse(Assert.Single(command.Output.Lines))!));
        Assert.Equal(["stdin|1|1"], Query("SELECT source, lines, last_line FROM ingest_sources"));
    }

    [Fact]
    public async Task A_load_that_was_interrupted_says_nothing_of_a_filter_that_kept_nothing_so_far()
    {
        await using var command = Start(Definition, "-");
        await command.Input.WriteAsync(
            Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(1, 30).Select(i => $"{{\"id\":{i},\"name\":\"Ada\",\"age\":1}}\n"))), TestContext.Current.CancellationToken);
        await command.Input.FlushAsync(TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync(() => Query("SELECT sum(lines) FROM ingest_batches") is ["30"], Deadline, () => command.Describe("was to filter them"));
        command.Interrupt();
        Assert.Equal(130, await command.WaitForExitAsync(Deadline));
        Assert.Equal("ingest: interrupted; what was read is written.", Assert.Single(command.Output.ErrorLines));
    }

    [Fact]
    public async Task Validate_names_every_mistake_and_exits_with_78()
    {
        var definition = Write("bad.yaml", "pipeline: p\ntable: t\nwhere: a = 1\ncolumns:\n  a: txt\n");
        await using var command = ServiceProcess.Start("Cli", ["validate", definition]);
        Assert.Equal(78, await command.WaitForExitAsync(Deadline));
        Assert.Equal(2, command.Output.ErrorLines.Count);
        Assert.All(command.Output.ErrorLines, line => Assert.StartsWith(definition + ":", line, StringComparison.Ordinal));

        await using var good = ServiceProcess.Start("Cli", ["validate", Repository.File("pipelines")]);
        Assert.Equal(0, await good.WaitForExitAsync(Deadline));
    }

    [Fact]
    public async Task Serve_writes_what_ncat_sends()
    {
        var ncat = await Ncat.FindOrSkipAsync();
        var port = FreePort.Next();
        var definition = Write("people.yaml", $"listen: {port}\n{Definition}");
        await using var serve = ServiceProcess.Start("Cli", ["serve", "-p", definition, "-d", Database]);
        await serve.WaitForLineAsync(line => line.Contains("Ctrl+C", StringComparison.Ordinal), Deadline);

        // In one process the end of the connection says that everything is committed.
        var sent = await ncat.SendAsync(port, new MemoryStream("{\"id\":1,\"name\":\"Ada\",\"age\":36}"u8.ToArray()), Deadline);
        Assert.Equal(0, sent.ExitCode);
        Assert.Equal(["1|Ada|36"], Query("SELECT * FROM people"));
        serve.Terminate();
        Assert.Equal(0, await serve.WaitForExitAsync(Deadline));
    }

    [Fact]
    public async Task The_sample_loads_with_the_commands_of_the_readme()
    {
        var (exit, summary, _) = await LoadAsync(
            await File.ReadAllTextAsync(Repository.File("pipelines/comments.yaml"), TestContext.Current.CancellationToken), Repository.File("samples/comments.ndjson.gz"));
        Assert.Equal(0, exit);
        Assert.True((long)summary["written"]! > 0);
        Assert.True((long)summary["rejected"]! > 0);
    }

    private void CreatePeople(string check)
    {
        using var connection = new SqliteConnection($"Data Source={Database};Pooling=False");
        connection.Open();
        using var create = connection.CreateCommand();
        create.CommandText = $"CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL, age INTEGER {check})";
        create.ExecuteNonQuery();
    }

    private string Database => Path.Combine(_folder, "ingest.db");

    private async Task<(int Exit, JsonNode Summary, string Error)> LoadAsync(string definition, string input)
    {
        await using var command = Start(definition, input);
        var exit = await command.WaitForExitAsync(Deadline);
        return (exit, JsonNode.Parse(Assert.Single(command.Output.Lines))!, string.Join('\n', command.Output.ErrorLines));
    }

    private ServiceProcess Start(string definition, string input) =>
        ServiceProcess.Start("Cli", ["load", input, "-p", Write("people.yaml", definition), "-d", Database, "--format", "json"]);

    private static string Balance(JsonNode summary)
    {
        Assert.Equal(
            (long)summary["lines"]!,
            new[] { "already", "written", "duplicate", "filtered", "rejected" }.Sum(key => (long)summary[key]!));
        return string.Join(", ", new[] { "lines", "already", "written", "duplicate", "filtered", "rejected" }.Select(key => $"{summary[key]} {key}"));
    }

    private string Write(string name, string text, Action<byte[]>? change = null)
    {
        var path = Path.Combine(_folder, name);
        var bytes = Encoding.UTF8.GetBytes(text);
        change?.Invoke(bytes);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private List<string> Query(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Database};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
        {
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount)
                .Select(i => reader.GetValue(i) is byte[] raw ? Encoding.UTF8.GetString(raw) : $"{reader.GetValue(i)}")));
        }

        return rows;
    }
}
