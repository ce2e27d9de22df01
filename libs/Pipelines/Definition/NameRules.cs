using System.Text;
using System.Text.RegularExpressions;

namespace Ingest.Pipelines.Definition;

/// <summary>What names may look like; each rule gives the mistake, or null.</summary>
internal static partial class NameRules
{
    // PostgreSQL cuts longer identifiers off in silence (NAMEDATALEN).
    private const int LongestIdentifierBytes = 63;

    private static readonly string[] LedgerTables = ["ingest_batches", "ingest_segments", "ingest_sources", "ingest_rejects"];
    private static readonly string[] SystemColumns = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"];

    public static string? FaultOfPipeline(string name) => PipelineName.IsMatch(name)
        ? null
        : "'pipeline' must be a name of lower-case letters, digits, '-' and '_' that begins with a letter and has at most 63 characters";

    public static string? FaultOfColumn(string name)
    {
        if (FaultOfIdentifier(name) is { } fault)
            return $"a column's name {fault}";
        return SystemColumns.Contains(name)
            ? $"'{name}' is the name of a system column in PostgreSQL; give the column another name and say where it comes from with 'from'"
            : null;
    }

    public static string? FaultOfTable(string name)
    {
        var parts = name.Split('.');
        if (parts.Length > 2)
            return "'table' must be a table's name, or a schema's and a table's with one dot between, such as social.comments";
        if (parts.Select(FaultOfIdentifier).FirstOrDefault(fault => fault is not null) is { } found)
            return $"the name of a table or schema {found}";
        return LedgerTables.Contains(parts[^1].ToLowerInvariant())
            ? $"'{parts[^1]}' is the name of one of Ingest's own tables; choose another"
            : null;
    }

    private static string? FaultOfIdentifier(string name)
    {
        if (name.Length == 0)
            return "must not be empty";
        if (name.Contains('\0', StringComparison.Ordinal))
            return "must not contain U+0000";
        return Encoding.UTF8.GetByteCount(name) > LongestIdentifierBytes
            ? $"must have at most {LongestIdentifierBytes} bytes in UTF-8; shorten it"
            : null;
    }

    [GeneratedRegex(@"\A[a-z][a-z0-9_-]{0,62}\z")]
    private static partial Regex PipelineName { get; }
}
