using System.Text.Encodings.Web;
using System.Text.Json;
using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Ingest.Pipelines.Rows;
using Ingest.Pipelines.Values;

namespace Ingest.Pipelines.Compiled;

/// <summary>Writes one column's field, in the order trim, null_if, default, cast, max_length. Stateless.</summary>
internal sealed class ColumnBuilder
{
    private readonly ColumnDefinition _column;
    private readonly FieldEncoder _encoder;
    private readonly bool _required;
    private readonly Comparand[] _nullIf;

    /// <summary>The default's field with its length, ready to copy.</summary>
    private readonly byte[]? _default;

    public ColumnBuilder(ColumnDefinition column, bool isKey) : this(column, isKey, FieldEncoders.For(column.Type, column.Unit))
    {
    }

    /// <param name="column">The column.</param>
    /// <param name="isKey">Whether it is one of the key's.</param>
    /// <param name="encoder">Casts its values.</param>
    public ColumnBuilder(ColumnDefinition column, bool isKey, FieldEncoder encoder)
    {
        _column = column;
        _encoder = encoder;
        _required = column.Required || isKey;
        _nullIf = [.. column.NullIf.Select(value => new Comparand(value.Kind, value.Utf8.ToArray()))];
        _default = column.Default is null ? null : EncodeDefault(column);
    }

    public string Name => _column.Name;

    /// <summary>Bytes of its field where the line has no value.</summary>
    public int BytesOfNothing => _default?.Length ?? sizeof(int);

    /// <summary>Why the column's default does not fit its type, or null.</summary>
    public static string? CheckDefault(ColumnDefinition column)
    {
        try
        {
            _ = new ColumnBuilder(column, isKey: false);
            return null;
        }
        catch (FormatException wrong)
        {
            return wrong.Message;
        }
    }

    /// <returns>False when the line is to be a reject; what was written must be rewound.</returns>
    public bool TryWrite(in JsonValue value, TupleWriter writer, ref int repaired, out RejectReason reason, out string? detail)
    {
        (reason, detail) = (default, null);
        if (value.IsMissingOrNull)
            return TryWriteAbsent(value.Kind == JsonKind.Missing ? "is missing" : "is null", writer, out reason, out detail);

        var trims = _column.Trim && value.Kind == JsonKind.String;
        if (!trims && IsNullValue(value))
            return TryWriteAbsent("counts as null", writer, out reason, out detail);
        if (trims || _column.MaxLength is not null)
            return TryWriteText(value, trims, writer, ref repaired, out reason, out detail);

        reason = RejectReason.InvalidValue;
        return _encoder.TryWrite(value, writer, ref repaired, out detail);
    }

    private bool TryWriteText(
        in JsonValue value, bool trims, TupleWriter writer, ref int repaired, out RejectReason reason, out string? detail)
    {
        reason = RejectReason.InvalidValue;
        var field = writer.Length;
        if (!_encoder.TryWrite(value, writer, ref repaired, out detail))
            return false;

        const int lengthBytes = 4;
        var start = field + lengthBytes;
        if (trims)
        {
            var text = writer.Written[start..];
            var trimmed = JsonText.Trim(text);
            if (trimmed.Length < text.Length)
            {
                text.Overlaps(trimmed, out var offset);
                writer.NarrowField(field, offset, trimmed.Length);
            }

            if (IsNullValue(new JsonValue(JsonKind.String, writer.Written[start..], escaped: false)))
            {
                writer.Rewind(field);
                return TryWriteAbsent("counts as null", writer, out reason, out detail);
            }
        }

        if (_column.MaxLength is { } longest)
        {
            var text = writer.Written[start..];
            if (text.Length > longest && JsonText.CountCodePoints(text) is var length && length > longest)
            {
                detail = $"the text is {length} characters long, the limit (max_length) is {longest}";
                return false;
            }
        }

        return true;
    }

    private bool IsNullValue(in JsonValue value)
    {
        foreach (var candidate in _nullIf)
        {
            if (candidate.Equals(value))
                return true;
        }

        return false;
    }

    private bool TryWriteAbsent(string how, TupleWriter writer, out RejectReason reason, out string? detail)
    {
        (reason, detail) = (RejectReason.MissingRequired, null);
        if (_default is not null)
        {
            writer.Append(_default);
            return true;
        }

        if (_required)
        {
            detail = $"{_column.From} {how}";
            return false;
        }

        writer.WriteNull();
        return true;
    }

    private byte[] EncodeDefault(ColumnDefinition column)
    {
        var literal = column.Default!;
        using var writer = new TupleWriter();
        var repaired = 0;
        var raw = literal.Utf8.Span;
        if (literal.Kind == JsonKind.String)
            raw = JsonEncodedText.Encode(raw, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes;
        var value = new JsonValue(literal.Kind, raw, literal.Kind == JsonKind.String && raw.Contains((byte)'\\'));
        if (!_encoder.TryWrite(value, writer, ref repaired, out var detail))
            throw new FormatException(detail);
        return writer.Written.ToArray();
    }
}
