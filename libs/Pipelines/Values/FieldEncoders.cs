using Ingest.Messaging;
using Ingest.Pipelines.Definition;

namespace Ingest.Pipelines.Values;

public static class FieldEncoders
{
    private static readonly IntegerEncoder SmallInt = new(ColumnType.SmallInt, short.MinValue, short.MaxValue);
    private static readonly IntegerEncoder Integer = new(ColumnType.Integer, int.MinValue, int.MaxValue);
    private static readonly IntegerEncoder BigInt = new(ColumnType.BigInt, long.MinValue, long.MaxValue);
    private static readonly RealEncoder Real = new();
    private static readonly DoubleEncoder DoublePrecision = new();
    private static readonly NumericEncoder Numeric = new();
    private static readonly BooleanEncoder Boolean = new();
    private static readonly UuidEncoder Uuid = new();
    private static readonly TextEncoder Text = new();
    private static readonly JsonbEncoder Jsonb = new();

    /// <summary>The encoder of a column of that type.</summary>
    /// <param name="type">The column's type.</param>
    /// <param name="unit">What a number means in a <c>timestamptz</c> or <c>date</c> column; null refuses numbers. Other types ignore it.</param>
    public static FieldEncoder For(ColumnType type, TimeUnit? unit) => type switch
    {
        ColumnType.Text => Text,
        ColumnType.SmallInt => SmallInt,
        ColumnType.Integer => Integer,
        ColumnType.BigInt => BigInt,
        ColumnType.Real => Real,
        ColumnType.DoublePrecision => DoublePrecision,
        ColumnType.Numeric => Numeric,
        ColumnType.Boolean => Boolean,
        ColumnType.Date => new DateEncoder(unit),
        ColumnType.TimestampTz => new TimestampTzEncoder(unit),
        ColumnType.Uuid => Uuid,
        ColumnType.Jsonb => Jsonb,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not a column type."),
    };
}
