namespace Ingest.Messaging;

/// <summary>The column types of a pipeline, as they travel with a <see cref="RowBatch"/>. The numbers are part of the wire format.</summary>
public enum ColumnType : byte
{
    Text = 1,
    SmallInt = 2,
    Integer = 3,
    BigInt = 4,
    Real = 5,
    DoublePrecision = 6,
    Numeric = 7,
    Boolean = 8,
    Date = 9,
    TimestampTz = 10,
    Uuid = 11,
    Jsonb = 12,
}

/// <summary>A column of the target table: its name as written in the definition, and its type.</summary>
public sealed record RowColumn(string Name, ColumnType Type);

public static class ColumnTypes
{
    private static readonly string[] Names =
    [
        "", "text", "smallint", "integer", "bigint", "real", "double precision", "numeric",
        "boolean", "date", "timestamptz", "uuid", "jsonb",
    ];

    /// <summary>Every type's name, in the order of the enumeration, as PostgreSQL and the definition spell it.</summary>
    public static IEnumerable<string> All => Names.Skip(1);

    /// <summary>The type's name as PostgreSQL and the definition spell it.</summary>
    public static string SqlName(this ColumnType type) => Names[(int)type];

    /// <summary>The type of that name, or null.</summary>
    public static ColumnType? FromSqlName(string name)
    {
        var index = Array.IndexOf(Names, name);
        return index > 0 ? (ColumnType)index : null;
    }
}
