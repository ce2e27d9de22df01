using System.Diagnostics;
using System.Net.Sockets;
using Ingest.EndToEnd.Inputs;
using Ingest.EndToEnd.Measuring;
using Ingest.EndToEnd.Services;
using Ingest.TestSupport;
using Npgsql;

namespace Ingest.EndToEnd.Peers;

/// <summary>
/// rsyslog as a collector: lines over TCP, its JSON parser, the filter, and PostgreSQL, a queue in memory between them.
/// A line that is no JSON is dropped. From the start of ncat to the last row; the input's first lines are enough to see the rate.
/// </summary>
internal sealed class RsyslogWorkload(string name) : Workload(name, Side.Peer)
{
    private const long MostLines = 100_000;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(10);

    private static readonly string[] LibraryFolders = ["/usr/lib", "/usr/lib64"];

    private static readonly string? Program = NativeTools.OnPath("rsyslogd") ?? (File.Exists("/usr/sbin/rsyslogd") ? "/usr/sbin/rsyslogd" : null);

    public override string? Missing =>
        Program is null ? "no rsyslogd" : Ncat.Find() is null ? "no ncat" : HasPostgres() ? null : "no ompgsql (Debian, Ubuntu: apt-get install rsyslog-pgsql)";

    public override async Task<Measurement> RunAsync(Bench bench)
    {
        var slice = await bench.SliceAsync(MostLines);
        await using var database = await bench.CreateDatabaseAsync();
        await database.ExecuteAsync(Definition.CreateTable("kept"));
        var folder = TestRun.CreateFolder("rsyslog");
        var port = FreePort.Next();
        var configuration = Path.Combine(folder, "rsyslog.conf");
        await File.WriteAllTextAsync(configuration, Configuration(folder, port, new NpgsqlConnectionStringBuilder(database.ConnectionString)));
        await using var rsyslog = ServiceProcess.StartProgram(
            "rsyslog", Program!, ["-n", "-f", configuration, "-i", Path.Combine(folder, "pid")]);
        await Eventually.HoldsAsync(() => Listens(port), TimeSpan.FromSeconds(30), () => rsyslog.Describe("does not listen"));
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        await using var count = new NpgsqlCommand("select count(*) from kept", connection);

        var meter = new CpuMeter().Watch("rsyslog", rsyslog).Watch(bench.Postgres);
        var watch = Stopwatch.StartNew();
        await CommandLine.RunAsync(slice.File, Bench.Deadline, new Command("ncat", [.. Ncat.Find()!.Command(port)]));
        while ((long)(await count.ExecuteScalarAsync())! < slice.Kept)
        {
            if (watch.Elapsed > Bench.Deadline)
                throw new TimeoutException(rsyslog.Describe("did not write everything"));
            await Task.Delay(LookEvery);
        }

        var seconds = watch.Elapsed.TotalSeconds;
        var costs = meter.Read();
        WrongResultException.Expect("rows", slice.Kept, (long)(await count.ExecuteScalarAsync())!);
        return new Measurement(seconds, slice.Bytes, slice.Lines, slice.Kept, costs);
    }

    private static bool HasPostgres() =>
        LibraryFolders.Where(Directory.Exists)
            .SelectMany(folder => (string[])[folder, .. Directory.EnumerateDirectories(folder)])
            .Any(folder => File.Exists(Path.Combine(folder, "rsyslog", "ompgsql.so")));

    private static bool Listens(int port)
    {
        using var probe = new TcpClient();
        probe.Connect("127.0.0.1", port);
        return true;
    }

    private static string Configuration(string folder, int port, NpgsqlConnectionStringBuilder database) =>
        $$"""
        global(workDirectory="{{folder}}" maxMessageSize="1m")
        module(load="imtcp")
        module(load="mmjsonparse")
        module(load="ompgsql")
        input(type="imtcp" port="{{port}}" address="127.0.0.1" ruleset="comments")
        template(name="insert" type="string" option.stdsql="on" string="insert into kept values ('%$!id%', '%$!author%', '%$!body%', %$!score%, to_timestamp(%$!created_utc%), '%$!subreddit%', '%$!link_id%', '%$!parent_id%')")
        ruleset(name="comments" queue.type="FixedArray" queue.size="50000" queue.dequeueBatchSize="1024" queue.workerThreads="{{Environment.ProcessorCount}}") {
          action(type="mmjsonparse" cookie="" useRawMsg="on")
          if $parsesuccess == "OK" and $!subreddit == "elixir" and $!author != "[deleted]" then
            action(type="ompgsql" server="{{database.Host}}" port="{{database.Port}}" user="{{database.Username}}" pass="{{database.Password}}" db="{{database.Database}}" template="insert")
        }

        """;
}
