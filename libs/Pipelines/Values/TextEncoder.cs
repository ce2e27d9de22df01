using Ingest.Messaging;
using Ingest.Pipelines.Rows;

namespace Ingest.Pipelines.Values;

/// <summary>text: a string's characters, or the text that <c>jsonb</c> has for any other value.</summary>
internal sealed class TextEncoder : FieldEncoder
{
    public override bool TryWrite(in JsonValue value, TupleWriter writer, ref int repaired, out string? detail)
    {
        detail = null;
        if (value.Kind == JsonKind.String && !value.Escaped)
        {
            writer.WriteField(value.Raw);
            return true;
        }

        var mark = writer.BeginField();
        switch (value.Kind)
        {
            case JsonKind.String:
                JsonText.AppendUnescaped(value.Raw, writer, ref repaired);
                break;
            case JsonKind.Number:
                if (!NumericText.TryAppend(value.Raw, writer))
                    detail = Refusal.Describe(value, Fault.Range, "a number", ColumnType.Numeric);
                break;
            case JsonKind.True:
                writer.Append("true"u8);
                break;
            case JsonKind.False:
                writer.Append("false"u8);
                break;
            default:
                detail = JsonbText.Append(value.Raw, writer, ref repaired);
                break;
        }

        writer.EndField(mark);
        return detail is null;
    }
}
