using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Ingest.TestSupport;
using Microsoft.Data.Sqlite;

namespace Ingest.EndToEndTests;

/// <summary>Loading what was loaded before, in whole or in part, into a table without a key: nothing comes twice.</summary>
public sealed class LoadAgainTests
{
    private const string Definition =
        """
        pipeline: numbers
        table: numbers
        columns:
          n: { type: integer, required: true }
          text: text
        """;

    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);

    private readonly string _folder = TestRun.CreateFolder("again");

    [Fact]
    public async Task A_load_that_is_killed_again_and_again_ends_with_the_same_table()
    {
        const int lines = 300_000;
        var text = Numbers(1, lines);
        var file = Path.Combine(_folder, "in.ndjson");
        await EndlessFile.CreateAsync(file);
        foreach (var share in (double[])[0.1, 0.4, 0.7])
        {
            await using var killed = Start(file);
            var feeding = EndlessFile.FeedAsync(file, Encoding.UTF8.GetBytes(text[..(int)(text.Length * (share + 0.1))]), TestContext.Current.CancellationToken);
            await Eventually.HoldsAsync(
                () => killed.HasExited || Count("numbers") >= share * lines, Deadline, () => killed.Describe("was to write a part"));
            Assert.False(killed.HasExited, killed.Describe("ended before it could be killed"));
            killed.Kill();
            await killed.WaitForExitAsync(Deadline);
            (await feeding.WaitAsync(Deadline, TestContext.Current.CancellationToken)).Dispose();
        }

        File.Delete(file);
        await WriteAsync("in.ndjson", text);
        var before = Count("numbers");
        var (exit, summary, _) = await LoadAsync(file);
        Assert.Equal((0, lines), (exit, (int)summary["lines"]!));

        // What was done is passed over, and the rest is written.
        Assert.Equal(before, (long)summary["already"]!);
        Assert.Equal((lines, lines), (Count("numbers"), Scalar("SELECT count(DISTINCT n) FROM numbers")));
        Assert.Equal(lines, Scalar("SELECT lines FROM ingest_sources"));

        (_, summary, _) = await LoadAsync(file);
        Assert.Equal((lines, 0), ((int)summary["already"]!, (int)summary["written"]!));
        Assert.Equal(lines, Count("numbers"));
    }

    [Fact]
    public async Task A_file_that_grew_gives_its_new_lines()
    {
        var file = await WriteAsync("in.ndjson", Numbers(1, 3).TrimEnd('\n'));
        await LoadAsync(file);
        await WriteAsync("in.ndjson", Numbers(1, 20_000));
        var (_, summary, _) = await LoadAsync(file);
        Assert.Equal((3, 19_997), ((int)summary["already"]!, (int)summary["written"]!));
        Assert.Equal((20_000, 20_000), (Count("numbers"), Scalar("SELECT count(DISTINCT n) FROM numbers")));
    }

    [Fact]
    public async Task Standard_input_with_a_name_can_be_sent_again()
    {
        var (_, first, _) = await PipeAsync(Numbers(1, 1000), "--source", "numbers of today");
        var (_, second, _) = await PipeAsync(Numbers(1, 1000), "--source", "numbers of today");
        Assert.Equal((1000, 1000), ((int)first["written"]!, (int)second["already"]!));
        Assert.Equal(1000, Count("numbers"));
        Assert.Equal(1, Scalar("SELECT count(*) FROM ingest_sources WHERE source = 'numbers of today'"));
    }

    [Fact]
    public async Task A_pipe_of_the_shell_is_no_file_that_could_be_known_again()
    {
        for (var i = 0; i < 2; i++)
            await FinishAsync(await FedAsync("/dev/stdin", Numbers(1, 2)));
        Assert.Equal(4, Count("numbers"));
        for (var i = 0; i < 2; i++)
            await FinishAsync(await FedAsync("/dev/stdin", Numbers(1, 2), "--source", "s"));
        Assert.Equal(6, Count("numbers"));

        // It is standard input, whatever else it is called, and is read once.
        await FinishAsync(await FedAsync("-", Numbers(1, 3), "/dev/stdin"));
        Assert.Equal(9, Count("numbers"));
    }

    [Fact]
    public async Task A_source_is_loaded_by_one_process_at_a_time()
    {
        await using var first = Start("-", "--source", "s");
        await first.Input.WriteAsync(Encoding.UTF8.GetBytes(Numbers(1, 30_000)), TestContext.Current.CancellationToken);
        await first.Input.FlushAsync(TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync(() => Count("numbers") > 0, Deadline, () => first.Describe("was to write its first batch"));

        var (exit, summary, error) = await PipeAsync(Numbers(1, 10), "--source", "s");
        Assert.Equal((1, 0), (exit, (int)summary["lines"]!));
        Assert.Contains("is being loaded by another process", error, StringComparison.Ordinal);

        // Neither does another way to the database lead past it, nor other temporary files.
        var linked = $"{_folder}-linked";
        Directory.CreateSymbolicLink(linked, _folder);
        var (other, _, _) = await FinishAsync(ServiceProcess.Start(
            "Cli",
            ["load", "-", "--source", "s", "-p", Path.Combine(_folder, "numbers.yaml"), "-d", Path.Combine(linked, "ingest.db"), "--format", "json"],
            new Dictionary<string, string?> { ["TMPDIR"] = Directory.CreateDirectory(Path.Combine(_folder, "tmp")).FullName }));
        Assert.Equal(1, other);
        first.Input.Close();
        Assert.Equal(0, await first.WaitForExitAsync(Deadline));
        Assert.Empty(Directory.GetFiles(_folder, "*.lock"));
    }

    [Fact]
    public async Task What_an_interrupt_leaves_of_a_named_source_comes_when_it_is_loaded_again()
    {
        const int lines = 30_000;
        var first = Start("-", "--source", "s");
        await first.Input.WriteAsync(Encoding.UTF8.GetBytes(Numbers(1, lines)), TestContext.Current.CancellationToken);
        await first.Input.FlushAsync(TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync(() => Count("numbers") > 0, Deadline, () => first.Describe("was to write its first batch"));
        first.Interrupt();
        var (exit, _, error) = await FinishAsync(first);
        Assert.Equal((130, "ingest: interrupted; what is not written yet comes when it is run again."), (exit, error));

        // Its last lines fill no batch.
        Assert.InRange(Count("numbers"), 1, lines - 1);
        (exit, _, _) = await PipeAsync(Numbers(1, lines), "--source", "s");
        Assert.Equal((0, lines), (exit, Count("numbers")));
    }

    [Fact]
    public async Task The_balance_of_a_load_that_is_given_up_tells_what_it_passed_over()
    {
        const int lines = 30_000;
        await PipeAsync(Numbers(1, lines), "--source", "s");
        var second = Start("-", "--source", "s");
        await Eventually.HoldsAsync(() => Directory.GetFiles(_folder, "*.lock").Length > 0, Deadline, () => second.Describe("was to begin"));
        await using (var connection = new SqliteConnection($"Data Source={Database};Pooling=False"))
        {
            // What is new cannot be written, and the first signal waits for it.
            connection.Open();
            await using var writing = connection.BeginTransaction(deferred: false);
            await second.Input.WriteAsync(Encoding.UTF8.GetBytes(Numbers(1, 2 * lines)), TestContext.Current.CancellationToken);
            await second.Input.FlushAsync(TestContext.Current.CancellationToken);
            await Eventually.HoldsAsync(
                () =>
                {
                    second.Interrupt();
                    return second.HasExited;
                },
                Deadline,
                () => second.Describe("was to give up"));
        }

        var (exit, summary, _) = await FinishAsync(second);
        Assert.Equal((130, 0), (exit, (int)summary["written"]!));
        Assert.InRange((int)summary["already"]!, 1, lines);
    }

    [Fact]
    public async Task A_changed_definition_of_a_table_without_a_key_asks_before_it_writes_lines_twice()
    {
        var file = await WriteAsync("in.ndjson", Numbers(1, 10));
        await LoadAsync(file);
        var changed = Definition + "\nmax_line_bytes: 1000\n";
        var (exit, _, error) = await LoadAsync(file, changed);
        Assert.Equal(1, exit);
        Assert.Contains("--again", error, StringComparison.Ordinal);
        Assert.Equal(10, Count("numbers"));

        (exit, _, _) = await LoadAsync(file, changed, "--again");
        Assert.Equal((0, 20), (exit, Count("numbers")));

        // From here on the ledger has it under the changed definition.
        await WriteAsync("in.ndjson", Numbers(1, 11));
        (exit, _, _) = await LoadAsync(file, changed);
        Assert.Equal((0, 21), (exit, Count("numbers")));

        // The first definition knows the file only as far as it has read it.
        (exit, _, error) = await LoadAsync(file);
        Assert.Equal((1, 21), (exit, Count("numbers")));
        Assert.Contains("--again", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_changed_definition_is_noticed_too_where_the_load_before_did_not_come_to_its_end()
    {
        var file = await WriteAsync("in.ndjson", Numbers(1, 10));
        await LoadAsync(file);
        Execute("DELETE FROM ingest_sources");
        var (exit, _, error) = await LoadAsync(file, Definition + "\nmax_line_bytes: 1000\n");
        Assert.Equal((1, 10), (exit, Count("numbers")));
        Assert.Contains("--again", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_shorter_file_still_has_is_not_written_again()
    {
        var file = await WriteAsync("in.ndjson", Numbers(1, 500));
        await LoadAsync(file);
        await WriteAsync("in.ndjson", Numbers(1, 1000));
        await LoadAsync(file);
        await WriteAsync("in.ndjson", Numbers(1, 999));
        Assert.Equal(1, (await LoadAsync(file)).Exit);
        var (exit, summary, _) = await LoadAsync(file, Definition, "--again");
        Assert.Equal((0, 500, 499), (exit, (int)summary["already"]!, (int)summary["written"]!));
        Assert.Equal(1499, Count("numbers"));
    }

    [Fact]
    public async Task A_damaged_copy_of_what_is_loaded_is_called_damaged()
    {
        var file = Path.Combine(_folder, "in.gz");
        var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionMode.Compress, leaveOpen: true))
            await gzip.WriteAsync(Encoding.UTF8.GetBytes(Numbers(1, 1000)), TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(file, packed.ToArray(), TestContext.Current.CancellationToken);
        await LoadAsync(file);
        await File.WriteAllBytesAsync(file, packed.ToArray()[..(int)(packed.Length / 2)], TestContext.Current.CancellationToken);
        var (exit, _, error) = await LoadAsync(file);
        Assert.Equal((1, 1000), (exit, Count("numbers")));
        Assert.Contains("corrupt or cut short", error, StringComparison.Ordinal);
        Assert.DoesNotContain("--again", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_is_the_same_through_a_linked_folder()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "real"));
        Directory.CreateSymbolicLink(Path.Combine(_folder, "link"), Path.Combine(_folder, "real"));
        await WriteAsync("real/in.ndjson", Numbers(1, 10));
        Assert.Equal(0, (await LoadAsync(Path.Combine(_folder, "link", "in.ndjson"))).Exit);
        var (_, summary, _) = await LoadAsync(Path.Combine(_folder, "real", "in.ndjson"));
        Assert.Equal((10, 10), ((int)summary["already"]!, Count("numbers")));
    }

    [Fact]
    public async Task A_file_is_found_behind_a_link_that_goes_up_from_another_one()
    {
        // data -> current/data, current -> volume/v7, volume/v7/data -> ../shared: volume/shared, and not shared, which is a decoy.
        foreach (var folder in (string[])["volume/v7", "volume/shared", "shared"])
            Directory.CreateDirectory(Path.Combine(_folder, folder));
        Directory.CreateSymbolicLink(Path.Combine(_folder, "volume/v7/data"), "../shared");
        Directory.CreateSymbolicLink(Path.Combine(_folder, "current"), Path.Combine(_folder, "volume/v7"));
        Directory.CreateSymbolicLink(Path.Combine(_folder, "data"), Path.Combine(_folder, "current/data"));
        await WriteAsync("volume/shared/in.ndjson", Numbers(1, 10));
        await WriteAsync("shared/in.ndjson", Numbers(1, 1));
        Assert.Equal(0, (await LoadAsync(Path.Combine(_folder, "data", "in.ndjson"))).Exit);
        var (_, summary, _) = await LoadAsync(Path.Combine(_folder, "volume/shared/in.ndjson"));
        Assert.Equal((10, 10), ((int)summary["already"]!, Count("numbers")));
    }

    [Fact]
    public async Task A_file_that_became_shorter_is_left_alone_and_says_so()
    {
        var file = await WriteAsync("in.ndjson", Numbers(1, 1000));
        await LoadAsync(file);
        await WriteAsync("in.ndjson", Numbers(1, 500));
        var (exit, _, error) = await LoadAsync(file);
        Assert.Equal((1, 1000), (exit, Count("numbers")));
        Assert.Contains("has become shorter", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_for_no_standard_input_is_a_mistake_of_use()
    {
        var file = await WriteAsync("in.ndjson", Numbers(1, 1));
        await using var command = Start(file, "--source", "s");
        Assert.Equal(2, await command.WaitForExitAsync(Deadline));
        Assert.Contains("--source", Assert.Single(command.Output.ErrorLines), StringComparison.Ordinal);
    }

    private static string Numbers(int first, int last)
    {
        var text = new StringBuilder();
        for (var n = first; n <= last; n++)
            text.Append(CultureInfo.InvariantCulture, $"{{\"n\":{n},\"text\":\"{n * 7919L:d60}\"}}\n");
        return text.ToString();
    }

    private Task<(int Exit, JsonNode Summary, string Error)> LoadAsync(string file, string definition = Definition, params string[] options) =>
        FinishAsync(StartWith(definition, file, options));

    private async Task<(int Exit, JsonNode Summary, string Error)> PipeAsync(string text, params string[] options) =>
        await FinishAsync(await FedAsync("-", text, options));

    private async Task<ServiceProcess> FedAsync(string input, string text, params string[] options)
    {
        var command = Start(input, options);
        try
        {
            await command.Input.WriteAsync(Encoding.UTF8.GetBytes(text), TestContext.Current.CancellationToken);
            command.Input.Close();
        }
        catch (IOException)
        {
            // It ended without reading; its answer says why.
        }

        return command;
    }

    private static async Task<(int Exit, JsonNode Summary, string Error)> FinishAsync(ServiceProcess command)
    {
        await using var _ = command;
        var exit = await command.WaitForExitAsync(Deadline);
        return (exit, JsonNode.Parse(Assert.Single(command.Output.Lines))!, string.Join('\n', command.Output.ErrorLines));
    }

    private ServiceProcess Start(string input, params string[] options) => StartWith(Definition, input, options);

    private ServiceProcess StartWith(string definition, string input, string[] options)
    {
        var file = Path.Combine(_folder, "numbers.yaml");
        File.WriteAllText(file, definition);
        return ServiceProcess.Start("Cli", ["load", input, "-p", file, "-d", Database, "--format", "json", .. options]);
    }

    private string Database => Path.Combine(_folder, "ingest.db");

    private async Task<string> WriteAsync(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        await File.WriteAllTextAsync(path, text, TestContext.Current.CancellationToken);
        return path;
    }

    private long Count(string table) => File.Exists(Database) && Scalar($"SELECT count(*) FROM sqlite_master WHERE name = '{table}'") > 0
        ? Scalar($"SELECT count(*) FROM {table}")
        : 0;

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Database};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private long Scalar(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Database};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }
}
