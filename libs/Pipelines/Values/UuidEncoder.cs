using System.Globalization;
using Ingest.Messaging;
using Ingest.Pipelines.Rows;

namespace Ingest.Pipelines.Values;

/// <summary>
/// uuid: sixteen bytes. Text is read as <c>uuid_in</c> reads it: 32 hexadecimal digits, a hyphen or none after each
/// four of them, braces around it or none, no white space.
/// </summary>
internal sealed class UuidEncoder() : ScalarEncoder(ColumnType.Uuid, "a uuid")
{
    private const int Bytes = 16;

    protected override Fault WriteNumber(ReadOnlySpan<byte> spelling, TupleWriter writer)
    {
        if (!DecimalSpelling.TryParse(spelling, out var number) || !number.FitsNumeric)
            return Fault.Syntax;
        // The only numbers that pass are those that jsonb spells with 32 digits.
        if (number.Negative || number.IsZero || number.Scale > 0 || number.Point - number.First != Bytes * 2)
            return Fault.Syntax;
        Span<byte> digits = stackalloc byte[Bytes * 2];
        for (var i = 0; i < digits.Length; i++)
            digits[i] = (byte)('0' + number[number.First + i]);
        return WriteText(digits, writer);
    }

    protected override Fault WriteText(ReadOnlySpan<byte> text, TupleWriter writer)
    {
        if (text.Length > 2 && text[0] == '{' && text[^1] == '}')
            text = text[1..^1];
        Span<byte> uuid = stackalloc byte[Bytes];
        for (var i = 0; i < Bytes; i++)
        {
            if (text.Length < 2 || !byte.TryParse(text[..2], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uuid[i]))
                return Fault.Syntax;
            text = text[2..];
            if (i % 2 == 1 && i < Bytes - 1 && text.StartsWith((byte)'-'))
                text = text[1..];
        }

        if (text.Length > 0)
            return Fault.Syntax;
        writer.WriteField(uuid);
        return Fault.None;
    }
}
