using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ingest.Writer.Audit;

namespace Ingest.Cli.Status;

/// <summary>A look at the pipelines, in words or as one line of JSON.</summary>
internal static partial class StatusReport
{
    private static readonly StatusJson Json = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DictionaryKeyPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter<SourceState>(JsonNamingPolicy.SnakeCaseLower) },
    });

    public static void Print(IReadOnlyList<PipelineStatus> statuses, bool json)
    {
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new Report(statuses), Json.Report));
            return;
        }

        foreach (var status in statuses)
            Print(status);
    }

    private static void Print(PipelineStatus status)
    {
        if (status.Ledger is { } ledger)
            Print(status.Pipeline, ledger);
        else
            Line($"{status.Pipeline}: nothing is written yet");
        if (status.Queues is { } queues)
        {
            Line($"  queues    {queues.Lines:N0} messages of lines, {queues.Rows:N0} of rows{(queues.Suspects > 0 ? $", {queues.Suspects:N0} set aside" : "")}");
            if (queues.Dead > 0)
                Line($"  DEAD      {queues.Dead:N0} batches; 'ingest dead list -p {status.Pipeline}' shows them, 'ingest dead requeue -p {status.Pipeline} --all' sends them back");
        }
        else if (status.Ledger is not null)
        {
            Line($"  queues    not looked at: --rabbitmq URI or {CommonOptions.BrokerVariable} says where they are");
        }
    }

    private static void Print(string pipeline, PipelineAudit ledger)
    {
        var totals = ledger.Totals;
        Line($"{pipeline}: {totals.Lines:N0} lines = {totals.Written:N0} written + {totals.Duplicate:N0} duplicate + {totals.Filtered:N0} filtered + {totals.Rejected:N0} rejected{(totals.IsBalanced ? "" : "  NOT BALANCED")}");
        Line($"  sources   {ledger.Sources:N0}, {ledger.Sources - ledger.Incomplete - ledger.Gaps:N0} complete, {ledger.Incomplete:N0} not ended, {ledger.Gaps:N0} with missing lines");
        if (ledger.Rejects.Count > 0)
            Line($"  rejects   {string.Join(", ", ledger.Rejects.Select(r => $"{r.Key} {r.Value:N0}"))}");
        foreach (var source in ledger.Unbalanced.Where(s => s.State == SourceState.Gap))
            Line($"  MISSING   {source.Source}: lines from line {source.MissingFrom:N0} (byte {source.MissingFromByte:N0}) on");
    }

    private static void Line(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    private sealed record Report(IReadOnlyList<PipelineStatus> Pipelines);

    [JsonSerializable(typeof(Report))]
    private sealed partial class StatusJson : JsonSerializerContext;
}
