using System.Diagnostics;
using System.Text.Json.Nodes;
using Ingest.TestSupport;
using Microsoft.Data.Sqlite;

namespace Ingest.EndToEndTests;

/// <summary>Loads of what a program prints.</summary>
public sealed class LoadProgramTests
{
    private const string Definition = "pipeline: numbers\ntable: numbers\ncolumns:\n  n: integer\n";
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);

    private readonly string _folder = TestRun.CreateFolder("load-exec");

    private string Lines => Path.Combine(_folder, "lines.ndjson");

    [Fact]
    public async Task What_a_program_prints_is_loaded()
    {
        await using var load = Start($"gzip -c '{Lines}'");
        Assert.Equal(0, await load.WaitForExitAsync(Deadline));
        Assert.Equal([1, 2, 3], Numbers());
        Assert.Equal(3, (int)JsonNode.Parse(Assert.Single(load.Output.Lines))!["written"]!);
    }

    [Fact]
    public async Task A_program_that_fails_leaves_its_whole_lines_and_an_error()
    {
        await using var load = Start($"cat '{Lines}'; printf '{{\"n\":4'; exit 3");
        Assert.Equal(1, await load.WaitForExitAsync(Deadline));
        Assert.Equal([1, 2, 3], Numbers());
        Assert.Contains("exit code 3", string.Join('\n', load.Output.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_a_name_the_same_output_is_written_once()
    {
        for (var i = 0; i < 2; i++)
        {
            await using var load = Start($"cat '{Lines}'", "--source", "numbers");
            Assert.Equal(0, await load.WaitForExitAsync(Deadline));
        }

        Assert.Equal([1, 2, 3], Numbers());
    }

    [Fact]
    public async Task A_program_ends_with_all_that_it_started_when_the_load_is_stopped()
    {
        var started = Path.Combine(_folder, "started");
        await using var load = Start($"cat '{Lines}'; sleep 1000 & echo $! > '{started}.part'; mv '{started}.part' '{started}'; wait");
        await Eventually.HoldsAsync(() => File.Exists(started), Deadline, () => load.Describe("starts its program"));
        var child = int.Parse(await File.ReadAllTextAsync(started, TestContext.Current.CancellationToken), System.Globalization.CultureInfo.InvariantCulture);
        await Eventually.HoldsAsync(() => Numbers().Length == 3, Deadline, () => load.Describe("writes"));
        load.Interrupt();
        Assert.Equal(130, await load.WaitForExitAsync(Deadline));
        await Eventually.HoldsAsync(() => !Runs(child), Deadline, () => $"{child} was to end");
    }

    [Fact]
    public async Task Something_must_be_named()
    {
        await using var load = ServiceProcess.Start("Cli", ["load", "-p", WriteDefinition(), "-d", Path.Combine(_folder, "ingest.db")]);
        Assert.Equal(2, await load.WaitForExitAsync(Deadline));
    }

    private static bool Runs(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return !File.ReadAllText($"/proc/{id}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (Exception gone) when (gone is ArgumentException or IOException)
        {
            return false;
        }
    }

    private ServiceProcess Start(string program, params string[] more)
    {
        File.WriteAllText(Lines, "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n");
        return ServiceProcess.Start(
            "Cli", ["load", "--exec", program, "-p", WriteDefinition(), "-d", Path.Combine(_folder, "ingest.db"), "--format", "json", .. more]);
    }

    private string WriteDefinition()
    {
        var file = Path.Combine(_folder, "numbers.yaml");
        File.WriteAllText(file, Definition);
        return file;
    }

    private long[] Numbers()
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(_folder, "ingest.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT n FROM numbers ORDER BY n";
        using var reader = command.ExecuteReader();
        var numbers = new List<long>();
        while (reader.Read())
            numbers.Add(reader.GetInt64(0));
        return [.. numbers];
    }
}
