using System.Globalization;
using System.Text;
using System.Text.Json;
using Ingest.Messaging;
using Ingest.Pipelines.Rows;
using Ingest.Pipelines.Values;
using Ingest.TestSupport;
using Xunit;

namespace Ingest.UnitTests.Values;

/// <summary>What a PostgreSQL server answered to each value, where the file of its answers is at hand.</summary>
public class PostgresCasesTests
{
    [Fact]
    public void Every_value_is_stored_or_refused_as_by_PostgreSQL()
    {
        var file = SharedFolder.FileOrSkip("cases/casts.json");
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
        if (PostgresDifferences.Refused.ContainsKey(id))
            return cast.Stored is null;
        if (PostgresDifferences.Repaired.TryGetValue(id, out var repaired))
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
}
