using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ingest.Gateway.Receipts;

namespace Ingest.Cli.Send;

/// <summary>What the receipts said, on standard output.</summary>
internal static class SendSummary
{
    private static readonly JsonSerializerOptions Json = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public static void Print(IReadOnlyList<SendResult> results, TimeSpan elapsed, bool json)
    {
        if (json)
            Console.WriteLine(JsonSerializer.Serialize(Describe(results, elapsed), Json));
        else
            foreach (var result in results.Where(r => r.Receipt is not null))
                Console.WriteLine(Text(result, result.Receipt!));
    }

    private static object Describe(IReadOnlyList<SendResult> results, TimeSpan elapsed) => new
    {
        lines = results.Sum(r => r.Receipt?.Lines ?? 0),
        rejected = results.Sum(r => r.Receipt?.Rejected ?? 0),
        written = results.Sum(r => r.Receipt?.Written ?? 0),
        duplicate = results.Sum(r => r.Receipt?.Duplicate ?? 0),
        filtered = results.Sum(r => r.Receipt?.Filtered ?? 0),
        sent = results.Sum(r => r.Sent),
        seconds = Seconds(elapsed),
        files = results.Select(r => new
        {
            file = r.Name,
            source = r.Receipt?.Source,
            state = r.Receipt is { } receipt ? State(receipt) : "failed",
            lines = r.Receipt?.Lines,
            rejected = r.Receipt?.Rejected,
            written = r.Receipt?.Written,
            duplicate = r.Receipt?.Duplicate,
            filtered = r.Receipt?.Filtered,
            bytes = r.Receipt?.Bytes,
            sent = r.Sent,
            seconds = Seconds(r.Elapsed),
            error = r.Error,
        }),
    };

    private static string Text(SendResult result, Receipt receipt)
    {
        var seconds = Math.Max(result.Elapsed.TotalSeconds, 0.001);
        var committed = receipt.State == ReceiptState.Committed
            ? Format($", {receipt.Written:N0} written, {receipt.Duplicate:N0} duplicate, {receipt.Filtered:N0} filtered")
            : "";
        return Format(
            $"{result.Name}: {State(receipt)}, {receipt.Lines:N0} lines{committed}, {receipt.Rejected:N0} rejected in {seconds:N1} s ({result.Sent / 1e6:N1} MB, {result.Sent / 1e6 / seconds:N0} MB/s)");
    }

    private static double Seconds(TimeSpan elapsed) => Math.Round(elapsed.TotalSeconds, 3);

    private static string State(Receipt receipt) => JsonNamingPolicy.SnakeCaseLower.ConvertName(receipt.State.ToString());

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
