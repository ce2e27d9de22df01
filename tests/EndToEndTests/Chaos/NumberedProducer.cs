using System.Net.Sockets;
using System.Text.Json;
using Ingest.TestSupport;

namespace Ingest.EndToEndTests.Chaos;

/// <summary>
/// Sends its lines, one source after the other over a connection each, and goes on only behind lines that a receipt
/// names: what has no receipt is sent again. Each source but the first waits for new faults, so that faults and lines
/// last equally long however fast the machine is.
/// </summary>
internal sealed class NumberedProducer(int number, string pipeline, int port, ChaosSettings settings, Tally tally)
{
    private const int MostLines = 20_000;
    private const int FewestLines = 2_000;
    private const int FaultsPerSource = 2;

    /// <summary>Far above what any fault takes: everything runs again within seconds.</summary>
    private static readonly TimeSpan ReceiptDeadline = TimeSpan.FromMinutes(15);

    private readonly Random _random = new(settings.Seed * 100 + number);
    private int _run;

    public long Acknowledged { get; private set; }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (Acknowledged < settings.Lines)
        {
            var count = Math.Min(_random.Next(FewestLines, MostLines), settings.Lines - (int)Acknowledged);
            await Eventually.HoldsAsync(
                async () => cancellationToken.IsCancellationRequested || await SendAsync(count, cancellationToken),
                ReceiptDeadline,
                () => $"Producer {number} was to get a receipt for {count} lines.");
            cancellationToken.ThrowIfCancellationRequested();
            await tally.Faults.ReachAsync(tally.Faults.Count + FaultsPerSource, cancellationToken);
        }
    }

    /// <returns>Whether there is a receipt.</returns>
    private async Task<bool> SendAsync(int count, CancellationToken cancellationToken)
    {
        var run = ++_run;
        var first = Acknowledged + 1;
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", port, cancellationToken);
            tally.Sent(count);
            var stream = client.GetStream();
            await stream.WriteAsync(NumberedLines.Text(number, run, first, count), cancellationToken);
            client.Client.Shutdown(SocketShutdown.Send);
            using var reader = new StreamReader(stream);
            var answer = await reader.ReadToEndAsync(cancellationToken);
            if (!answer.EndsWith('\n'))
            {
                tally.Unanswered();
                return false;
            }

            using var receipt = JsonDocument.Parse(answer);
            var (state, lines) = (receipt.RootElement.GetProperty("state").GetString()!, Number("lines"));
            if (state != "interrupted" && lines != count)
                tally.Violated($"Producer {number}: a receipt for {lines} of {count} lines: {answer}");
            if (state == "committed" && lines != Number("written") + Number("duplicate") + Number("filtered") + Number("rejected"))
                tally.Violated($"Producer {number}: a receipt that does not balance: {answer}");
            tally.Receipted(state, new ReceiptedRun(
                pipeline, number, run, receipt.RootElement.GetProperty("source").GetString()!, first, lines, Number("bytes")));
            Acknowledged += lines;
            return true;

            long Number(string name) => receipt.RootElement.GetProperty(name).GetInt64();
        }
        catch (Exception failure) when (failure is SocketException or IOException)
        {
            tally.Unanswered();
            return false;
        }
    }
}
