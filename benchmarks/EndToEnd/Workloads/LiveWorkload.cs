using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Ingest.EndToEnd.Services;
using Ingest.TestSupport;
using Npgsql;

namespace Ingest.EndToEnd.Workloads;

/// <summary>
/// One line at a time over one open connection, from its send until another session sees its row. The row is looked for
/// about every millisecond with a prepared query, which is what the figure is exact to; a trigger that notifies would
/// change the transaction that is measured. Between lines everything is idle for a while of random length, so that no
/// timer is met at the same moment each time. The first line, for which the services compile their code, is a figure of
/// its own.
/// </summary>
internal sealed class LiveWorkload(string name) : Workload(name, Side.Ours)
{
    private const int LinesPerRun = 40;
    private const int QuickLines = 20;
    private const int ShortestPauseMilliseconds = 100;
    private const int LongestPauseMilliseconds = 200;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(1);

    public override async Task<Measurement> RunAsync(Bench bench)
    {
        await using var database = await bench.CreateDatabaseAsync();
        await using var services = await ServiceSet.StartAsync(bench, Definition.AllRows, database);
        var count = 1 + (bench.Quick ? QuickLines : LinesPerRun);
        var times = await Task.Factory.StartNew(() => Send(services.Port, database.ConnectionString, count), TaskCreationOptions.LongRunning);

        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        await Eventually.HoldsAsync(
            async () => await Ledger.CheckAsync(connection, Definition.AllRows.Table, count, count) == count,
            Bench.Deadline,
            () => services.Describe("did not account for the lines"));
        return new Measurement(times.Sum() / 1000, 0, count, count, [])
        {
            Milliseconds = times[1..],
            Figures = new Dictionary<string, double> { ["ms for the first line"] = times[0] },
        };
    }

    /// <returns>Milliseconds for each line.</returns>
    private static double[] Send(int port, string database, int count)
    {
        using var session = new NpgsqlConnection(database);
        session.Open();
        using var look = new NpgsqlCommand($"select 1 from {Definition.AllRows.Table} where id = $1", session);
        var id = look.Parameters.Add(new NpgsqlParameter<string> { TypedValue = "" });
        look.Prepare();

        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Loopback, port);
        var times = new double[count];
        for (var i = 0; i < count; i++)
        {
            Thread.Sleep(Random.Shared.Next(ShortestPauseMilliseconds, LongestPauseMilliseconds));
            id.Value = $"live{i}";
            var line = Encoding.UTF8.GetBytes($$"""{"id":"live{{i}}","author":"jose","body":"one line","score":1,"created_utc":1538352000,"subreddit":"elixir"}""" + "\n");
            var watch = Stopwatch.StartNew();
            for (var sent = 0; sent < line.Length;)
                sent += socket.Send(line.AsSpan(sent));
            while (look.ExecuteScalar() is null)
            {
                if (watch.Elapsed > Bench.Deadline)
                    throw new TimeoutException($"Line {i} did not become a row.");
                Thread.Sleep(LookEvery);
            }

            times[i] = watch.Elapsed.TotalMilliseconds;
        }

        // The receipt is read to its end: without that the end would be a reset.
        socket.Shutdown(SocketShutdown.Send);
        while (socket.Receive(new byte[1024]) > 0)
        {
        }

        return times;
    }
}
