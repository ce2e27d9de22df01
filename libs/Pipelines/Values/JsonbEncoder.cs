using System.Buffers;
using Ingest.Messaging;
using Ingest.Pipelines.Rows;

namespace Ingest.Pipelines.Values;

/// <summary>
/// jsonb: the version, 1, and the JSON text as the line has it, which PostgreSQL normalises itself. Only escapes that
/// it cannot store are rewritten, and numbers that it cannot store are refused.
/// </summary>
internal sealed class JsonbEncoder : FieldEncoder
{
    internal const byte Version = 1;

    private static readonly SearchValues<byte> TokenStarts = SearchValues.Create("\"-0123456789"u8);

    public override bool TryWrite(in JsonValue value, TupleWriter writer, ref int repaired, out string? detail)
    {
        var mark = writer.BeginField();
        writer.Append(Version);
        detail = null;
        switch (value.Kind)
        {
            case JsonKind.String:
                writer.Append((byte)'"');
                AppendString(value.Raw, value.Escaped, writer, ref repaired);
                writer.Append((byte)'"');
                break;
            case JsonKind.True:
                writer.Append("true"u8);
                break;
            case JsonKind.False:
                writer.Append("false"u8);
                break;
            default:
                detail = AppendChecked(value.Raw, writer, ref repaired);
                break;
        }

        writer.EndField(mark);
        return detail is null;
    }

    private static string? AppendChecked(ReadOnlySpan<byte> json, TupleWriter writer, ref int repaired)
    {
        var copied = 0;
        var at = 0;
        while (true)
        {
            var next = json[at..].IndexOfAny(TokenStarts);
            if (next < 0)
                break;
            at += next;
            if (json[at] != '"')
            {
                var number = JsonTokens.TakeNumber(json, ref at);
                if (!NumericText.Fits(number))
                    return JsonbText.DescribeOverflow(number);
                continue;
            }

            var start = at + 1;
            var content = JsonTokens.TakeString(json, ref at, out var escaped);
            if (!escaped)
                continue;
            writer.Append(json[copied..start]);
            AppendString(content, escaped, writer, ref repaired);
            copied = at - 1;
        }

        writer.Append(json[copied..]);
        return null;
    }

    private static void AppendString(ReadOnlySpan<byte> raw, bool escaped, TupleWriter writer, ref int repaired)
    {
        var at = 0;
        var copied = 0;
        while (escaped)
        {
            var plain = raw[at..].IndexOf((byte)'\\');
            if (plain < 0)
                break;
            at += plain;
            var before = repaired;
            JsonEscapes.Read(raw, at, out var length, ref repaired);
            if (repaired != before)
            {
                writer.Append(raw[copied..at]);
                writer.Append("\\ufffd"u8);
                copied = at + length;
            }

            at += length;
        }

        writer.Append(raw[copied..]);
    }
}
