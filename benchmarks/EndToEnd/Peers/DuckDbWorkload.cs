using System.Globalization;
using Ingest.EndToEnd.Measuring;
using Ingest.TestSupport;

namespace Ingest.EndToEnd.Peers;

/// <summary>What DuckDB is asked for.</summary>
internal enum DuckDbTask
{
    /// <summary>Count the lines that pass the filter.</summary>
    Read,

    /// <summary>Write them into a table of a database file.</summary>
    Filter,

    /// <summary>Write all lines.</summary>
    All,
}

/// <summary>
/// DuckDB in a process of its own, given all that helps it: the columns and their types, no look at the format, no order
/// of rows to keep, large pages for its buffers.
/// </summary>
internal sealed class DuckDbWorkload(string name, DuckDbTask task) : Workload(name, Side.Peer)
{
    private const string Columns = "id, author, body, score, to_timestamp(created_utc) AS created_at, subreddit, link_id, parent_id";
    private const string Types =
        "{id: 'VARCHAR', author: 'VARCHAR', body: 'VARCHAR', score: 'INTEGER', created_utc: 'BIGINT', subreddit: 'VARCHAR', link_id: 'VARCHAR', parent_id: 'VARCHAR'}";
    private const string Filter = "WHERE subreddit = 'elixir' AND author <> '[deleted]'";

    // The project builds for this machine's system alone, which is part of its folder's name.
    private static readonly string? Program = Directory
        .EnumerateDirectories(Path.Combine(Repository.Root, "artifacts", "bin"), "DuckDb")
        .SelectMany(folder => Directory.EnumerateFiles(folder, "Ingest.DuckDb", SearchOption.AllDirectories))
        .FirstOrDefault(file => file.Contains($"{Path.DirectorySeparatorChar}release", StringComparison.Ordinal));

    public override string? Missing => Program is null ? "benchmarks/DuckDb is not built" : null;

    public override async Task<Measurement> RunAsync(Bench bench)
    {
        var database = Path.Combine(TestRun.CreateFolder("duckdb"), "duck.db");
        var lines = $"read_ndjson('{bench.Input.File.Replace("'", "''", StringComparison.Ordinal)}', columns = {Types}, auto_detect = false)";
        string[] work = task switch
        {
            DuckDbTask.Read => [$"SELECT count(*) FROM {lines} {Filter}"],
            DuckDbTask.Filter => [$"CREATE TABLE kept AS SELECT {Columns} FROM {lines} {Filter}", "SELECT count(*) FROM kept"],
            _ => [$"CREATE TABLE everything AS SELECT {Columns} FROM {lines}", "SELECT count(*) FROM everything"],
        };
        var result = await CommandLine.RunAsync("/dev/null", Bench.Deadline, new Command(
            "duckdb", [Program!, database, $"SET threads = {Environment.ProcessorCount}", "SET preserve_insertion_order = false", .. work])
        {
            Environment = new Dictionary<string, string> { ["GLIBC_TUNABLES"] = "glibc.malloc.hugetlb=1" },
        });
        var answer = result.Output.Split(' ');
        var rows = long.Parse(answer[0], CultureInfo.InvariantCulture);
        var own = double.Parse(answer[1], CultureInfo.InvariantCulture);
        WrongResultException.Expect("rows", task == DuckDbTask.All ? bench.Input.Lines : bench.Input.Kept, rows);
        return new Measurement(result.Seconds, bench.Input.Bytes, bench.Input.Lines, rows, result.Costs)
        {
            Figures = new Dictionary<string, double> { ["MB/s by its own clock"] = bench.Input.Bytes / 1e6 / own },
        };
    }
}
