using System.Globalization;
using System.Text;
using System.Text.Json;
using Ingest.Messaging;
using Ingest.Pipelines.Rows;
using Ingest.Pipelines.Values;
using Xunit;

namespace Ingest.UnitTests.Values;

/// <summary>What a PostgreSQL server answered to each value, where the file of its answers is at hand.</summary>
public class PostgresCasesTests
{
    /// <summary>Cases whose answer is another by design.</summary>
    private static readonly Dictionary<string, string> Refused = new()
    {
        ["c132"] = "hexadecimal floats are refused",
        ["c258"] = "years before Christ are no ISO 8601",
        ["c286"] = "day and month depend on a setting of the server",
        ["c288"] = "day and month depend on a setting of the server",
        ["c292"] = "infinity is no time",
        ["c294"] = "now depends on when the line is written",
        ["c296"] = "epoch is no ISO 8601",
        ["c308"] = "names of places are no ISO 8601",
        ["c328"] = "infinity is no date",
        ["c332"] = "a number without a unit",
        ["c334"] = "Julian days are no ISO 8601",
    };

    /// <summary>Cases that PostgreSQL refuses and a repair makes storable.</summary>
    private static readonly Dictionary<string, string> Repaired = new()
    {
        ["c200"] = "a\uFFFDb",
        ["c204"] = "\uFFFD",
        ["c206"] = "\uFFFDx",
        ["c354"] = "{\"\\ufffd\":1}",
    };

    [Fact]
    public void Every_value_is_stored_or_refused_as_by_PostgreSQL()
    {
        var file = FindShared("cases/casts.json");
        if (file is null)
            Assert.Skip("The file of PostgreSQL's answers, ../shared/cases/casts.json, is absent.");

        using var cases = JsonDocument.Parse(File.ReadAllBytes(file));
        var different = new List<string>();
        var checkedCases = 0;
        foreach (var item in cases.RootElement.GetProperty("value_cases").EnumerateArray())
        {
            var id = item.GetProperty("id").GetString()!;
            var json = item.GetProperty("json").GetString()!;
            if (json == "null" || ColumnTypes.FromSqlName(item.GetProperty("type").GetString()!) is not { } type)
                continue;
            checkedCases++;
            var cast = Cast.To(type, json);
            if (!IsRight(id, json, type, cast, item.GetProperty("postgres")))
                different.Add($"{id} {type.SqlName()} {json}: {cast}");
        }

        Assert.Empty(different);
        Assert.True(checkedCases > 100);
    }

    private static bool IsRight(string id, string json, ColumnType type, Cast cast, JsonElement postgres)
    {
        if (Refused.ContainsKey(id))
            return cast.Stored is null;
        if (Repaired.TryGetValue(id, out var repaired))
            return cast.Stored == repaired && cast.Repaired == 1;
        if (postgres.TryGetProperty("error", out _))
            return cast.Stored is null;
        if (cast.Stored is null || cast.Repaired > 0)
            return false;
        if (type == ColumnType.Jsonb && cast.Stored != json)
            return false;
        var stored = type == ColumnType.Jsonb ? TextOfJsonb(json) : cast.Stored;
        if (postgres.TryGetProperty("stored_prefix", out var prefix))
        {
            return stored.StartsWith(prefix.GetString()!, StringComparison.Ordinal)
                && stored.Length == postgres.GetProperty("stored_chars").GetInt32();
        }

        var expected = postgres.GetProperty("stored").GetString()!;
        return type is ColumnType.Real or ColumnType.DoublePrecision
            ? double.Parse(stored, CultureInfo.InvariantCulture).Equals(
                type == ColumnType.Real
                    ? double.Parse(float.Parse(expected, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)
                    : double.Parse(expected, CultureInfo.InvariantCulture))
            : stored == expected;
    }

    // PostgreSQL normalises a jsonb field when it reads it; the text form of a container normalises alike.
    private static string TextOfJsonb(string json)
    {
        using var writer = new TupleWriter();
        var repaired = 0;
        Assert.True(FieldEncoders.For(ColumnType.Text, null).TryWrite(Cast.ToValue(Encoding.UTF8.GetBytes($"[{json}]")), writer, ref repaired, out _));
        return Encoding.UTF8.GetString(writer.Written[5..^1]);
    }

    private static string? FindShared(string path)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Ingest.sln")))
            {
                var file = Path.Combine(folder.FullName, "..", "shared", path);
                return File.Exists(file) ? file : null;
            }
        }

        return null;
    }
}
