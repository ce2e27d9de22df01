using System.Globalization;
using System.IO.Compression;
using System.Text.Json.Nodes;
using Ingest.TestSupport;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Ingest.EndToEndTests;

/// <summary>Real data that nobody here wrote, by both ways: file → SQLite in one process, socket → RabbitMQ → PostgreSQL.</summary>
public sealed class RealInputTests(SharedServers servers)
{
    /// <summary>What lies beside the project, as it was published, and its lines.</summary>
    public static TheoryData<string, long> Files { get; } = new()
    {
        { "analyzer.json.gz", 16_461 },
        { "bluesky-jetstream-expected_v1.jsonl", 152 },
        { "empire_dcom_shellwindows_stager_2020-09-18130751.json.bz2", 32_706 },
        { "pinot-2021-07-21-few-hours.json", 800 },
        { "purplesharp_ad_playbook_I_2020-10-22042947.json.xz", 25_993 },
        { "quickwit-gharchive-bulk.json.gz", 200 },
        { "ssl.json.gz", 49_474 },
        { "twarc-flat.jsonl", 100 },
        { "twarc-kpop.jsonl", 1 },
        { "twarc-noflat.jsonl", 1 },
        { "wikiticker-2015-09-12-sampled.json.gz", 39_244 },
    };

    [Theory]
    [InlineData("wikipedia.yaml", "data/wikiticker-2015-09-12-sampled.json.gz", 39_244, "wikipedia")]
    [InlineData("zeek-ssl.yaml", "data/ssl.json.gz", 49_474, "zeek_ssl")]
    public async Task Both_ways_lose_nothing_and_store_the_same(string definitionFile, string dataFile, long lines, string table)
    {
        var data = SharedFolder.FileOrSkip(dataFile);
        var ncat = await Ncat.FindOrSkipAsync();
        var definition = await File.ReadAllTextAsync(Repository.File($"pipelines/{definitionFile}"), TestContext.Current.CancellationToken);

        var sqlite = Path.Combine(TestRun.CreateFolder("load"), "load.db");
        await using var load = ServiceProcess.Start("Cli", ["load", data, "-p", Repository.File($"pipelines/{definitionFile}"), "-d", sqlite, "--format", "json"]);
        Assert.Equal(0, await load.WaitForExitAsync(PipelineUnderTest.Deadline));
        var summary = JsonNode.Parse(Assert.Single(load.Output.Lines))!;
        Assert.Equal(lines, (long)summary["lines"]!);
        Assert.Equal(lines, (long)summary["written"]!);

        await using var pipeline = await PipelineUnderTest.StartAsync(
            servers, string.Join('\n', definition.Split('\n').Where(l => !l.StartsWith("pipeline:", StringComparison.Ordinal) && !l.StartsWith("listen:", StringComparison.Ordinal))));
        await using (var input = new GZipStream(File.OpenRead(data), CompressionMode.Decompress))
            Assert.Equal(0, (await ncat.SendAsync(pipeline.Port, input, PipelineUnderTest.Deadline)).ExitCode);
        await pipeline.AllLinesAreAccountedForAsync(lines);
        Assert.Equal((lines, lines, 0, 0, 0), await pipeline.BalanceAsync());

        var columns = await ColumnsAsync(pipeline.Database.ConnectionString, table);
        Assert.NotEmpty(columns);
        foreach (var (column, type) in columns)
        {
            var expected = await PostgresValuesAsync(pipeline.Database.ConnectionString, table, column, type);
            var found = SqliteValues(sqlite, table, column, type);
            expected.Sort(StringComparer.Ordinal);
            found.Sort(StringComparer.Ordinal);
            Assert.Equal(expected, found);
        }
    }

    /// <summary>However they are compressed, every line of them is valid JSON.</summary>
    [Theory]
    [MemberData(nameof(Files))]
    public async Task Every_file_loads_as_it_is(string dataFile, long lines)
    {
        var data = SharedFolder.FileOrSkip($"data/{dataFile}");
        var folder = TestRun.CreateFolder("load");
        await File.WriteAllTextAsync(
            Path.Combine(folder, "any.yaml"), "pipeline: any\ntable: anything\ncolumns:\n  id: text\n", TestContext.Current.CancellationToken);
        await using var load = ServiceProcess.Start("Cli", ["load", data, "-p", "any.yaml", "-d", "any.db", "--format", "json"], workingDirectory: folder);
        Assert.Equal(0, await load.WaitForExitAsync(PipelineUnderTest.Deadline));
        var summary = JsonNode.Parse(Assert.Single(load.Output.Lines))!;
        Assert.Equal((lines, lines), ((long)summary["lines"]!, (long)summary["written"]!));
    }

    [Fact]
    public async Task Every_file_goes_through_the_services_as_it_is()
    {
        var ncat = await Ncat.FindOrSkipAsync();
        var files = Files.Select(f => (Path: SharedFolder.FileOrSkip($"data/{f.Data.Item1}"), Lines: f.Data.Item2)).ToArray();
        await using var pipeline = await PipelineUnderTest.StartAsync(servers, "table: anything\ncolumns:\n  id: text\n");
        foreach (var file in files)
        {
            await using var input = File.OpenRead(file.Path);
            Assert.Equal(0, (await ncat.SendAsync(pipeline.Port, input, PipelineUnderTest.Deadline)).ExitCode);
        }

        var lines = files.Sum(f => f.Lines);
        await pipeline.AllLinesAreAccountedForAsync(lines, files.Length);
        Assert.Equal((lines, lines, 0, 0, 0), await pipeline.BalanceAsync());
    }

    private static async Task<List<(string Column, string Type)>> ColumnsAsync(string database, string table)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(
            $"SELECT attname, atttypid::regtype::text FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0");
        await using var reader = await command.ExecuteReaderAsync();
        var columns = new List<(string, string)>();
        while (await reader.ReadAsync())
            columns.Add((reader.GetString(0), reader.GetString(1)));
        return columns;
    }

    private static async Task<List<string>> PostgresValuesAsync(string database, string table, string column, string type)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var connection = await source.OpenConnectionAsync();
        await using (var zone = new NpgsqlCommand("SET TimeZone TO 'UTC'", connection))
            await zone.ExecuteNonQueryAsync();
        await using var command = new NpgsqlCommand($"SELECT \"{column}\"::text FROM {table}", connection);
        await using var reader = await command.ExecuteReaderAsync();
        var values = new List<string>();
        while (await reader.ReadAsync())
            values.Add(Normalized(reader.IsDBNull(0) ? null : reader.GetString(0), type));
        return values;
    }

    private static List<string> SqliteValues(string file, string table, string column, string type)
    {
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT \"{column}\" FROM {table}";
        using var reader = command.ExecuteReader();
        var values = new List<string>();
        while (reader.Read())
            values.Add(Normalized(reader.IsDBNull(0) ? null : Convert.ToString(reader.GetValue(0), CultureInfo.InvariantCulture), type));
        return values;
    }

    /// <summary>SQLite keeps booleans as 0 and 1, and JSON as it came; PostgreSQL sorts an object's keys and its white space.</summary>
    private static string Normalized(string? value, string type) => (value, type) switch
    {
        (null, _) => "NULL",
        ("true", "boolean") => "1",
        ("false", "boolean") => "0",
        (_, "jsonb") => JsonNode.Parse(value)?.ToJsonString() ?? "null",
        _ => value,
    };
}
