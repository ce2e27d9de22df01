using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using Ingest.Messaging;
using Ingest.Pipelines.Values;

namespace Ingest.Writer;

/// <summary>A tuple as a JSON object of column to value: how a row that the database refused is kept.</summary>
internal static class RowJson
{
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static ReadOnlyMemory<byte> Of(IReadOnlyList<RowColumn> columns, ReadOnlySpan<byte> tuple)
    {
        var buffer = new ArrayBufferWriter<byte>(tuple.Length + 64);
        try
        {
            using var json = new Utf8JsonWriter(buffer, Readable);
            json.WriteStartObject();
            var rest = tuple[sizeof(short)..];
            foreach (var column in columns)
            {
                var length = BinaryPrimitives.ReadInt32BigEndian(rest);
                rest = rest[sizeof(int)..];
                json.WritePropertyName(column.Name);
                if (length < 0)
                {
                    json.WriteNullValue();
                    continue;
                }

                Write(json, column.Type, rest[..length]);
                rest = rest[length..];
            }

            json.WriteEndObject();
        }
        catch (Exception damaged) when (damaged is ArgumentException or IndexOutOfRangeException or InvalidOperationException)
        {
            // What cannot be read as its type is kept as it came.
            buffer = new ArrayBufferWriter<byte>();
            using var json = new Utf8JsonWriter(buffer, Readable);
            json.WriteStringValue($"\\x{Convert.ToHexString(tuple)}");
        }

        return buffer.WrittenMemory;
    }

    private static void Write(Utf8JsonWriter json, ColumnType type, ReadOnlySpan<byte> field)
    {
        switch (type)
        {
            case ColumnType.SmallInt or ColumnType.Integer or ColumnType.BigInt:
                json.WriteNumberValue(FieldText.Integer(field));
                break;
            case ColumnType.Real when FieldText.Real(field) is var real && float.IsFinite(real):
                json.WriteNumberValue(real);
                break;
            case ColumnType.DoublePrecision when FieldText.DoublePrecision(field) is var number && double.IsFinite(number):
                json.WriteNumberValue(number);
                break;
            case ColumnType.Numeric when FieldText.Numeric(field) is var digits && char.IsAsciiDigit(digits[^1]):
                json.WriteRawValue(digits, skipInputValidation: true);
                break;
            case ColumnType.Boolean:
                json.WriteBooleanValue(FieldText.Boolean(field));
                break;
            case ColumnType.Jsonb:
                json.WriteRawValue(FieldText.Jsonb(field), skipInputValidation: true);
                break;
            case ColumnType.Text:
                json.WriteStringValue(field);
                break;
            default:
                json.WriteStringValue(Spell(type, field));
                break;
        }
    }

    private static string Spell(ColumnType type, ReadOnlySpan<byte> field) => type switch
    {
        ColumnType.Real => Special(FieldText.Real(field)),
        ColumnType.DoublePrecision => Special(FieldText.DoublePrecision(field)),
        ColumnType.Numeric => FieldText.Numeric(field),
        ColumnType.Date => FieldText.Date(field),
        ColumnType.TimestampTz => FieldText.TimestampTz(field),
        ColumnType.Uuid => FieldText.Uuid(field),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "The column's type is not known."),
    };

    private static string Special(double value) => double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}
