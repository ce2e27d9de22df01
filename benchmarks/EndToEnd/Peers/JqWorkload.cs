using Ingest.EndToEnd.Measuring;
using Ingest.EndToEnd.Services;
using Ingest.TestSupport;

namespace Ingest.EndToEnd.Peers;

/// <summary>
/// The shell's own way: jq chooses and converts, psql copies. With grep before it, jq sees only lines that hold the
/// bytes of the member wanted: spelt with a blank after the colon, with escapes, or last of two, it is missed, and what
/// is no JSON goes unseen.
/// </summary>
internal sealed class JqWorkload(string name, bool grep) : Workload(name, Side.Peer)
{
    private const string Program =
        """
        select(.subreddit == "elixir" and .author != "[deleted]")
        | [.id, .author, .body, .score, (.created_utc | todate), .subreddit, .link_id, .parent_id] | @csv
        """;

    public override string? Missing =>
        NativeTools.OnPath("jq") is null ? "no jq" : Psql.Path is null ? "no psql" : null;

    public override async Task<Measurement> RunAsync(Bench bench)
    {
        await using var database = await bench.CreateDatabaseAsync();
        await database.ExecuteAsync(Definition.CreateTable("kept"));
        var meter = new CpuMeter().Watch(bench.Postgres);
        var result = await CommandLine.RunAsync(bench.Input.File, Bench.Deadline,
        [
            .. grep ? [new Command("grep", NativeTools.OnPath("grep")!, "-F", "\"subreddit\":\"elixir\"")] : Array.Empty<Command>(),
            new Command("jq", NativeTools.OnPath("jq")!, "-r", Program),
            Psql.Run(database, "\\copy kept from stdin csv"),
        ]);
        ProcessCost[] costs = [.. result.Costs, .. meter.Read()];
        var rows = await database.ScalarAsync<long>("select count(*) from kept");
        WrongResultException.Expect("rows", bench.Input.Kept, rows);
        return new Measurement(result.Seconds, bench.Input.Bytes, bench.Input.Lines, rows, costs);
    }
}
