using System.Text;
using Ingest.Messaging;
using Ingest.Pipelines.Rows;

namespace Ingest.Pipelines.Values;

/// <summary>boolean: one byte. Text is read as <c>boolin</c> reads it: any unique beginning of a word, in any case.</summary>
internal sealed class BooleanEncoder() : ScalarEncoder(ColumnType.Boolean, "a boolean")
{
    protected override Fault WriteNumber(ReadOnlySpan<byte> spelling, TupleWriter writer)
    {
        // Only a number that jsonb spells "1" or "0" is one: 1e0 is, 1.0 is not.
        if (!DecimalSpelling.TryParse(spelling, out var number) || !number.FitsNumeric || number.Scale > 0 || number.Negative
            || !number.TryGetWhole(0, out var magnitude) || magnitude > 1)
        {
            return Fault.Syntax;
        }

        writer.WriteField((byte)magnitude);
        return Fault.None;
    }

    protected override Fault WriteText(ReadOnlySpan<byte> text, TupleWriter writer)
    {
        text = AsciiText.Trim(text);
        if (IsBeginningOf(text, "true"u8) || IsBeginningOf(text, "yes"u8)
            || Ascii.EqualsIgnoreCase(text, "on"u8) || text.SequenceEqual("1"u8))
        {
            writer.WriteField((byte)1);
            return Fault.None;
        }

        // A lone o may be on or off.
        if (IsBeginningOf(text, "false"u8) || IsBeginningOf(text, "no"u8)
            || (text.Length > 1 && IsBeginningOf(text, "off"u8)) || text.SequenceEqual("0"u8))
        {
            writer.WriteField((byte)0);
            return Fault.None;
        }

        return Fault.Syntax;
    }

    private static bool IsBeginningOf(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word) =>
        text.Length > 0 && text.Length <= word.Length && Ascii.EqualsIgnoreCase(text, word[..text.Length]);
}
