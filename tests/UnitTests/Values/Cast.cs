using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Ingest.Messaging;
using Ingest.Pipelines;
using Ingest.Pipelines.Definition;
using Ingest.Pipelines.Rows;
using Ingest.Pipelines.Values;
using Xunit;

namespace Ingest.UnitTests.Values;

/// <summary>What an encoder made of a value: the field read back as text, or why it is refused.</summary>
internal sealed record Cast(string? Stored, string? Detail, int Repaired)
{
    public static Cast To(string type, string json, TimeUnit? unit = null) => To(ColumnTypes.FromSqlName(type)!.Value, json, unit);

    public static Cast To(ColumnType type, string json, TimeUnit? unit = null)
    {
        using var writer = new TupleWriter();
        var repaired = 0;
        if (!FieldEncoders.For(type, unit).TryWrite(ToValue(Encoding.UTF8.GetBytes(json)), writer, ref repaired, out var detail))
        {
            Assert.NotNull(detail);
            return new Cast(null, detail, repaired);
        }

        Assert.Null(detail);
        Assert.Equal(writer.Length - 4, BinaryPrimitives.ReadInt32BigEndian(writer.Written));
        return new Cast(ReadBack(type, writer.Written[4..]), null, repaired);
    }

    public static JsonValue ToValue(ReadOnlySpan<byte> json) => json[0] switch
    {
        (byte)'"' => new JsonValue(JsonKind.String, json[1..^1], json.Contains((byte)'\\')),
        (byte)'{' => new JsonValue(JsonKind.Object, json, false),
        (byte)'[' => new JsonValue(JsonKind.Array, json, false),
        (byte)'t' => new JsonValue(JsonKind.True, [], false),
        (byte)'f' => new JsonValue(JsonKind.False, [], false),
        _ => new JsonValue(JsonKind.Number, json, false),
    };

    /// <summary>A field's bytes, without its length, as text.</summary>
    public static string ReadBack(ColumnType type, ReadOnlySpan<byte> field) => type switch
    {
        ColumnType.SmallInt or ColumnType.Integer or ColumnType.BigInt => FieldText.Integer(field).ToString(CultureInfo.InvariantCulture),
        ColumnType.Real => FieldText.Real(field).ToString(CultureInfo.InvariantCulture),
        ColumnType.DoublePrecision => FieldText.DoublePrecision(field).ToString(CultureInfo.InvariantCulture),
        ColumnType.Numeric => FieldText.Numeric(field),
        ColumnType.Boolean => FieldText.Boolean(field) ? "true" : "false",
        ColumnType.Date => FieldText.Date(field),
        ColumnType.TimestampTz => FieldText.TimestampTz(field),
        ColumnType.Uuid => FieldText.Uuid(field),
        ColumnType.Jsonb => Encoding.UTF8.GetString(FieldText.Jsonb(field)),
        _ => Encoding.UTF8.GetString(field),
    };
}
