using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ingest.Gateway.Receipts;

namespace Ingest.Cli.Send;

/// <summary>What the receipts said, on standard output.</summary>
internal static partial class SendSummary
{
    public static void Print(IReadOnlyList<SendResult> results, TimeSpan elapsed, bool json)
    {
        if (json)
            Console.WriteLine(JsonSerializer.Serialize(Describe(results, elapsed), SendJson.Default.Balance));
        else
            foreach (var result in results.Where(r => r.Receipt is not null))
                Console.WriteLine(Text(result, result.Receipt!));
    }

    private static Balance Describe(IReadOnlyList<SendResult> results, TimeSpan elapsed)
    {
        // What only some of them know is no sum.
        var areCommitted = results.All(r => r.Receipt is { State: ReceiptState.Committed });
        return new Balance(
            results.Sum(r => r.Receipt?.Lines ?? 0),
            results.Sum(r => r.Receipt?.Rejected ?? 0),
            areCommitted ? results.Sum(r => r.Receipt!.Written) : null,
            areCommitted ? results.Sum(r => r.Receipt!.Duplicate) : null,
            areCommitted ? results.Sum(r => r.Receipt!.Filtered) : null,
            results.Sum(r => r.Sent),
            Seconds(elapsed),
            [.. results.Select(Describe)]);
    }

    private static FileBalance Describe(SendResult result) => new(
        result.Name,
        result.Receipt?.Source,
        result.Receipt is { } receipt ? State(receipt) : "failed",
        result.Receipt?.Lines,
        result.Receipt?.Rejected,
        result.Receipt?.Written,
        result.Receipt?.Duplicate,
        result.Receipt?.Filtered,
        result.Receipt?.Bytes,
        result.Sent,
        Seconds(result.Elapsed),
        result.Error);

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

    private sealed record Balance(
        long Lines, long Rejected, long? Written, long? Duplicate, long? Filtered, long Sent, double Seconds, IReadOnlyList<FileBalance> Files);

    private sealed record FileBalance(
        string File, string? Source, string State, long? Lines, long? Rejected, long? Written, long? Duplicate, long? Filtered, long? Bytes,
        long Sent, double Seconds, string? Error);

    [JsonSourceGenerationOptions(
        PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonSerializable(typeof(Balance))]
    private sealed partial class SendJson : JsonSerializerContext;
}
