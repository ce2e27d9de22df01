using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ingest.Pipelines.Definition;

namespace Ingest.Cli.Load;

/// <summary>The balance at the end of a load.</summary>
internal static partial class Summary
{
    /// <summary>That none of fewer is written says nothing.</summary>
    private const int FewLines = 20;

    public static void Print(LoadReport report, PipelineDefinition pipeline, string database, bool json)
    {
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new Balance(
                report.Lines, report.Already, report.Written, report.Duplicate, report.Filtered, report.Rejected, report.Bytes,
                Math.Round(report.Elapsed.TotalSeconds, 3)), LoadJson.Default.Balance));
            return;
        }

        var seconds = Math.Max(report.Elapsed.TotalSeconds, 0.001);
        Console.WriteLine(Text($"{pipeline.Name}: {report.Lines:N0} lines in {seconds:N1} s ({report.Bytes / 1e6:N1} MB, {report.Bytes / 1e6 / seconds:N0} MB/s)"));
        Row("written", report.Written, $"table {pipeline.Table} in {database}");
        Row("duplicate", report.Duplicate, "their key was there already");
        Row("filtered", report.Filtered, "the definition's where does not want them");
        Row("rejected", report.Rejected, "table ingest_rejects says why, and has the lines");
        Row("already", report.Already, "written by an earlier run");
    }

    /// <summary>What to look at where nothing was written and nothing was there already, or null: nobody wants that on purpose.</summary>
    public static string? Surprise(LoadReport report, PipelineDefinition pipeline)
    {
        if (report.Lines < FewLines || report.Written + report.Duplicate + report.Already > 0)
            return null;
        List<string> reasons = [];
        if (report.Filtered > 0)
            reasons.Add(Text($"the filter of {pipeline.File} dropped {report.Filtered:N0} lines (text in it stands in quotes; a name without them is a member of the line)"));
        if (report.Rejected > 0)
            reasons.Add(Text($"{report.Rejected:N0} lines were rejected (SELECT reason, column_name, detail, count(*) FROM ingest_rejects WHERE pipeline = '{pipeline.Name}' GROUP BY 1, 2, 3 says why)"));
        return $"nothing was written: {string.Join(", and ", reasons)}.";
    }

    private static void Row(string name, long count, string meaning)
    {
        Console.WriteLine(count == 0 ? Text($"  {name,-10}{count,14:N0}") : Text($"  {name,-10}{count,14:N0}   {meaning}"));
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed record Balance(
        long Lines, long Already, long Written, long Duplicate, long Filtered, long Rejected, long Bytes, double Seconds);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    [JsonSerializable(typeof(Balance))]
    private sealed partial class LoadJson : JsonSerializerContext;
}
