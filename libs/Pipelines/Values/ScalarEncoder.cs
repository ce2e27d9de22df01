using System.Buffers;
using Ingest.Messaging;
using Ingest.Pipelines.Rows;

namespace Ingest.Pipelines.Values;

/// <summary>What is wrong with a value.</summary>
internal enum Fault
{
    None,
    Syntax,
    Range,
    NoUnit,
}

/// <summary>
/// An encoder of a type that PostgreSQL casts by reading the value's text: a string's characters, <c>true</c> or
/// <c>false</c>, a number as <c>jsonb</c> spells it. Objects and arrays are refused.
/// </summary>
internal abstract class ScalarEncoder(ColumnType type, string noun) : FieldEncoder
{
    private const int StackBytes = 256;

    protected ColumnType Type => type;

    public override bool TryWrite(in JsonValue value, TupleWriter writer, ref int repaired, out string? detail)
    {
        var fault = value.Kind switch
        {
            JsonKind.Number => WriteNumber(value.Raw, writer),
            JsonKind.String => value.Escaped ? WriteEscaped(value.Raw, writer) : WriteText(value.Raw, writer),
            JsonKind.True => WriteText("true"u8, writer),
            JsonKind.False => WriteText("false"u8, writer),
            _ => Fault.Syntax,
        };
        detail = fault == Fault.None ? null : Refusal.Describe(value, fault, noun, type);
        return fault == Fault.None;
    }

    /// <summary>Casts text as the type's input function would, white space at its ends included.</summary>
    protected abstract Fault WriteText(ReadOnlySpan<byte> text, TupleWriter writer);

    /// <summary>Casts a JSON number, given as it is spelled in the line.</summary>
    protected abstract Fault WriteNumber(ReadOnlySpan<byte> spelling, TupleWriter writer);

    private Fault WriteEscaped(ReadOnlySpan<byte> raw, TupleWriter writer)
    {
        // A repaired character makes none of these types, so that nothing is to be counted.
        var repaired = 0;
        if (raw.Length <= StackBytes)
        {
            Span<byte> buffer = stackalloc byte[StackBytes];
            return WriteText(buffer[..JsonText.Unescape(raw, buffer, ref repaired)], writer);
        }

        var rented = ArrayPool<byte>.Shared.Rent(raw.Length);
        var fault = WriteText(rented.AsSpan(0, JsonText.Unescape(raw, rented, ref repaired)), writer);
        ArrayPool<byte>.Shared.Return(rented);
        return fault;
    }
}
