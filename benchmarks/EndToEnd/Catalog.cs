using Ingest.EndToEnd.Measuring;
using Ingest.EndToEnd.Peers;
using Ingest.EndToEnd.Peers.Naive;
using Ingest.EndToEnd.Services;
using Ingest.EndToEnd.Workloads;

namespace Ingest.EndToEnd;

/// <summary>All workloads, in the order in which a round runs them: ours and the peers that they are compared with lie close.</summary>
internal static class Catalog
{
    private const string JqPsql = "jq | psql";
    private const string GrepJqPsql = "grep -F | jq | psql";
    private const string DuckDbRead = "DuckDB, read";
    private const string DuckDbTable = "DuckDB, table";
    private const string DuckDbAll = "DuckDB, all rows";
    private const string Xz = "xz | wc";
    private const string BinaryCopy = "psql binary COPY";

    /// <param name="streamGigabytes">How much the memory is watched for; 0 leaves that out.</param>
    /// <param name="quick">Whether to leave out what differs from another workload in its time alone.</param>
    public static IReadOnlyList<Workload> Create(double streamGigabytes, bool quick) =>
    [
        new BrokerWorkload("filtered, broker", Definition.Filtered) { Wanted = [Wanted.Times(4, JqPsql), Wanted.CpuPerGigabyte(6.5)] },
        .. quick ? Array.Empty<Workload>() : [new BrokerWorkload("filtered, broker, first after a start", Definition.Filtered, warm: false)],
        new JqWorkload(JqPsql, grep: false),
        new JqWorkload(GrepJqPsql, grep: true),
        new BrokerWorkload("filtered, pushed down", Definition.PushedDown) { Wanted = [Wanted.Times(0.6, DuckDbRead)] },
        .. quick ? Array.Empty<Workload>() : [new BrokerWorkload("filtered, pushed down, first after a start", Definition.PushedDown, warm: false)],
        new DuckDbWorkload(DuckDbRead, DuckDbTask.Read),
        new LoadWorkload("filtered, load to SQLite", Definition.Filtered, postgres: false) { Wanted = [Wanted.Times(1, DuckDbTable)] },
        new DuckDbWorkload(DuckDbTable, DuckDbTask.Filter),
        new LoadWorkload("xz, load of one block", Definition.Filtered, postgres: false, xzBlocks: false) { Wanted = [Wanted.TimesAsLong(1.1, Xz)] },
        new XzWorkload(Xz),
        new LoadWorkload("xz, load of several blocks", Definition.Filtered, postgres: false, xzBlocks: true) { Wanted = [Wanted.TimesAsLong(1.1, Xz)] },
        new BrokerWorkload("all rows, broker", Definition.AllRows) { Wanted = [Wanted.Times(0.5, BinaryCopy)] },
        new BinaryCopyWorkload(BinaryCopy),
        new LoadWorkload("all rows, load to PostgreSQL", Definition.AllRows, postgres: true) { Wanted = [Wanted.Times(0.75, BinaryCopy)] },
        new DuckDbWorkload(DuckDbAll, DuckDbTask.All),
        new RsyslogWorkload("rsyslog"),
        new NaiveWorkload("naive"),
        new LiveWorkload("live") { Wanted = [Wanted.AtMost(80, "median ms"), Wanted.AtMost(200, "p99 ms")] },
        new ManyWorkload("many", 10_000)
        {
            Wanted =
            [
                Wanted.AtMost(1_000, ManyWorkload.Median), Wanted.AtMost(2_000, ManyWorkload.P99),
                Wanted.AtMost(0.5, ManyWorkload.GatewayCores), Wanted.AtMost(300, ManyWorkload.GatewayMegabytes),
            ],
        },
        new ManyWorkload("slow beside fast", 100, withFast: true) { Wanted = [Wanted.AtMost(1_000, ManyWorkload.P99)] },
        new StartWorkload("start") { Wanted = [.. ServiceSet.Programs.Select(p => Wanted.AtMost(1.5, StartWorkload.Figure(p.Name)))] },
        .. streamGigabytes > 0
            ? [new MemoryWorkload("memory", streamGigabytes) { Wanted = [Wanted.AtMost(250, MemoryCurve.LargestPeak)] }]
            : Array.Empty<Workload>(),
    ];

    /// <summary>Those whose names begin with one of the prefixes, and those that they are compared with.</summary>
    /// <exception cref="ArgumentException">A prefix is none of any.</exception>
    public static IReadOnlyList<Workload> Select(IReadOnlyList<Workload> all, IReadOnlyList<string> prefixes)
    {
        if (prefixes.Count == 0)
            return all;
        if (prefixes.FirstOrDefault(p => !all.Any(w => Begins(w, p))) is { } unknown)
            throw new ArgumentException($"No workload's name begins with \"{unknown}\"; there are {string.Join("; ", all.Select(w => w.Name))}.");
        var chosen = all.Where(w => prefixes.Any(p => Begins(w, p))).ToArray();
        var peers = chosen.SelectMany(w => w.Wanted).Select(w => w.Peer).ToHashSet();
        return [.. all.Where(w => chosen.Contains(w) || peers.Contains(w.Name))];
    }

    private static bool Begins(Workload workload, string prefix) => workload.Name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase);
}
