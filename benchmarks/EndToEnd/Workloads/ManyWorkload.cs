using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Ingest.EndToEnd.Services;
using Ingest.TestSupport;
using Npgsql;

namespace Ingest.EndToEnd.Workloads;

/// <summary>
/// Many connections that send a line a second each, spread over the second, and where it is asked for one beside them
/// that sends the input as fast as it is taken. A row's time is from the call that sends its line until the row is
/// copied into its table, which is a few milliseconds before its commit; processes of one machine share the clock.
/// </summary>
/// <param name="name">Its name.</param>
/// <param name="connections">How many.</param>
/// <param name="withFast">Whether a fast sender is beside them.</param>
internal sealed class ManyWorkload(string name, int connections, bool withFast = false) : Workload(name, Side.Ours)
{
    public const string Median = "median ms from send to row";
    public const string P99 = "p99 ms from send to row";
    public const string GatewayCores = "cores of the gateway";
    public const string GatewayMegabytes = "MB of the gateway";

    private const int Seconds = 60;
    private const int QuickSeconds = 5;
    private const int ConnectedPerMillisecond = 2;

    private static readonly Definition Slow = new("ticks", "table: ticks\nkey: id\ncolumns:\n  id: text\n  author: text\n  sent: bigint");

    public override string? Missing => withFast && Ncat.Find() is null ? "no ncat" : null;

    public override async Task<Measurement> RunAsync(Bench bench)
    {
        var seconds = bench.Quick ? QuickSeconds : Seconds;
        await using var database = await bench.CreateDatabaseAsync();
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        await ExecuteAsync(connection, "create table ticks (id text primary key, author text, sent bigint, arrived timestamptz default clock_timestamp())");
        await using var services = await ServiceSet.StartAsync(bench, Slow, database, environment: new Dictionary<string, string?>
        {
            ["Gateway__MaxConnectionsPerPipeline"] = (connections + 10).ToString(System.Globalization.CultureInfo.InvariantCulture),
        });
        var sockets = new Socket[connections];
        try
        {
            for (var i = 0; i < connections; i++)
            {
                sockets[i] = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await sockets[i].ConnectAsync(IPAddress.Loopback, services.Port);
                if (i % ConnectedPerMillisecond == 0)
                    await Task.Delay(1);
            }

            using var fast = withFast ? StartFast(bench.Input.File, services.Port) : null;
            var meter = services.Meter(bench);
            var watch = Stopwatch.StartNew();
            await Task.Factory.StartNew(() => Send(sockets, seconds), TaskCreationOptions.LongRunning);
            var elapsed = watch.Elapsed.TotalSeconds;
            var costs = meter.Read();
            await Task.WhenAll(sockets.Select(EndAsync));
            if (fast is not null)
                await fast.WaitForExitAsync();
            var slow = (long)connections * seconds;
            var lines = slow + (withFast ? bench.Input.Lines : 0);
            await Eventually.HoldsAsync(async () => await Ledger.LinesAsync(connection) == lines, Bench.Deadline, () => services.Describe("did not account for the lines"));
            var times = await TimesAsync(connection);
            WrongResultException.Expect("rows of the slow ones", slow, times.Count);
            var gateway = costs.Single(c => c.Name == "gateway");
            return new Measurement(elapsed, 0, lines, times.Count, costs)
            {
                Figures = new Dictionary<string, double>
                {
                    [Median] = times[times.Count / 2],
                    [P99] = times[(int)(times.Count * 0.99)],
                    [GatewayCores] = gateway.CpuSeconds / elapsed,
                    [GatewayMegabytes] = gateway.PeakBytes / 1e6,
                },
            };
        }
        finally
        {
            foreach (var socket in sockets)
                socket?.Dispose();
        }
    }

    private static Process StartFast(string file, int port) =>
        Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "exec ncat 127.0.0.1 \"$0\" < \"$1\" > /dev/null", $"{port}", file]))!;

    private static void Send(Socket[] sockets, int seconds)
    {
        var watch = Stopwatch.StartNew();
        for (var second = 0; second < seconds; second++)
        {
            for (var i = 0; i < sockets.Length; i++)
            {
                var due = TimeSpan.FromSeconds(second + ((double)i / sockets.Length));
                var rest = due - watch.Elapsed;
                if (rest > TimeSpan.FromMilliseconds(1))
                    Thread.Sleep(rest);
                var now = DateTimeOffset.UtcNow;
                var micros = (now.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond;
                sockets[i].Send(Encoding.ASCII.GetBytes($$"""{"id":"slow {{i}} {{second}}","author":"jose","sent":{{micros}}}""" + "\n"));
            }
        }
    }

    /// <summary>Reads the receipt to its end: only then was every line taken.</summary>
    private static async Task EndAsync(Socket socket)
    {
        socket.Shutdown(SocketShutdown.Send);
        var receipt = new byte[1024];
        var length = 0;
        while (await socket.ReceiveAsync(receipt.AsMemory(length)) is > 0 and var count)
            length += count;
        if (!Encoding.UTF8.GetString(receipt, 0, length).Contains("\"queued\"", StringComparison.Ordinal))
            throw new WrongResultException($"A receipt says {Encoding.UTF8.GetString(receipt, 0, length)}");
    }

    private static async Task<List<double>> TimesAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(
            "select (extract(epoch from arrived) * 1000000 - sent)::double precision / 1000 from ticks where sent is not null order by 1", connection);
        await using var reader = await command.ExecuteReaderAsync();
        var times = new List<double>();
        while (await reader.ReadAsync())
            times.Add(reader.GetDouble(0));
        return times;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string statement)
    {
#pragma warning disable CA2100 // Nothing of it comes from outside.
        await using var command = new NpgsqlCommand(statement, connection);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }
}
