using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Npgsql;

namespace Ingest.Writer.Postgres;

/// <summary>A column as the catalog has it; one that needs a value must not be null and has no default.</summary>
/// <param name="Declared">The type with its precision, as it may stand in a statement.</param>
internal sealed record TableColumn(string Type, bool NeedsValue, string Declared);

/// <summary>What the catalog says of a table (<see cref="Sql.DescribeTable"/>, <see cref="Sql.DescribePlainTable"/>).</summary>
internal sealed class TableColumns
{
    private readonly Dictionary<string, TableColumn> _columns = [];

    /// <summary>Why the table cannot be written to at all, or null.</summary>
    public string? Fault { get; private set; }

    /// <summary>True when a trigger may drop rows, so that those that are written must be counted.</summary>
    public bool DropsRows { get; private set; }

    /// <summary>True when it is known to have neither partitions nor triggers, and so no constraint that waits for the commit.</summary>
    public bool IsPlain { get; private set; }

    public static async Task<TableColumns> ReadAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var table = new TableColumns();
        while (await reader.ReadAsync(cancellationToken))
        {
            table.Fault = (reader.GetString(0), reader.GetString(1)) switch
            {
                (not ("r" or "p" or "f"), _) => "is not an ordinary table",
                (_, "foreign") => "is foreign or has a foreign partition, which is not written in the same transaction",
                (_, "unlogged") => "is unlogged or has an unlogged partition, which a crash of the server would empty",
                _ => null,
            };
            table.DropsRows = reader.GetBoolean(2);
            table.IsPlain = reader.GetBoolean(6);
            table._columns[reader.GetString(3)] = new TableColumn(reader.GetString(4), reader.GetBoolean(5), reader.GetString(7));
        }

        return table;
    }

    public bool Has(string column) => _columns.ContainsKey(column);

    /// <summary>The type that the table gives a column of the rows, with its precision.</summary>
    public string DeclaredType(RowColumn column) => _columns.TryGetValue(column.Name, out var there) ? there.Declared : column.Type.SqlName();

    /// <summary>Binary COPY into another type of the same width stores nonsense in silence.</summary>
    /// <returns>Which column is missing, of another type, or in need of a value that rows of these columns lack; or null.</returns>
    public string? FindMismatch(IReadOnlyList<RowColumn> columns)
    {
        foreach (var column in columns)
        {
            var wanted = TypeName(column.Type);
            if (!_columns.TryGetValue(column.Name, out var there))
                return $"has no column \"{column.Name}\"";
            if (there.Type != wanted)
                return $"has column \"{column.Name}\" of type {there.Type}, the definition says {wanted}";
        }

        var extra = _columns.FirstOrDefault(c => c.Value.NeedsValue && columns.All(d => d.Name != c.Key)).Key;
        return extra is null ? null : $"has column \"{extra}\", which must not be null, has no default and is not in the definition";
    }

    public static StoreRefusedException Mismatch(PipelineDefinition pipeline, string difference) =>
        new($"table {pipeline.Table} {difference}; change the table or {pipeline.File}.");

    private static string TypeName(ColumnType type) => type == ColumnType.TimestampTz ? "timestamp with time zone" : type.SqlName();
}
