using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Npgsql;

namespace Ingest.Writer.Postgres;

/// <summary>A column as the catalog has it; one that needs a value must not be null and has no default.</summary>
internal sealed record TableColumn(string Type, bool NeedsValue);

/// <summary>What the catalog says of a table (<see cref="Sql.DescribeTable"/>).</summary>
internal sealed class TableColumns
{
    private readonly Dictionary<string, TableColumn> _columns = [];

    /// <summary>Why the table cannot be written to at all, or null.</summary>
    public string? Fault { get; private set; }

    public IEnumerable<KeyValuePair<string, TableColumn>> All => _columns;

    public static async Task<TableColumns> ReadAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var table = new TableColumns();
        while (await reader.ReadAsync(cancellationToken))
        {
            if (reader.GetString(0) is not ("r" or "p"))
                table.Fault = "is not an ordinary table";
            if (reader.GetString(1) == "u")
                table.Fault = "is unlogged, so that a crash of the server would empty it";
            table._columns[reader.GetString(2)] = new TableColumn(reader.GetString(3), reader.GetBoolean(4));
        }

        return table;
    }

    public bool Has(string column) => _columns.ContainsKey(column);

    /// <summary>Binary COPY into another type of the same width stores nonsense in silence.</summary>
    /// <exception cref="StoreRefusedException">A column is missing or of another type.</exception>
    public void Check(IReadOnlyList<RowColumn> columns, PipelineDefinition pipeline)
    {
        foreach (var column in columns)
        {
            var wanted = TypeName(column.Type);
            if (!_columns.TryGetValue(column.Name, out var there))
                throw Mismatch(pipeline, $"has no column \"{column.Name}\"");
            if (there.Type != wanted)
                throw Mismatch(pipeline, $"has column \"{column.Name}\" of type {there.Type}, the definition says {wanted}");
        }
    }

    public static StoreRefusedException Mismatch(PipelineDefinition pipeline, string difference) =>
        new($"table {pipeline.Table} {difference}; change the table or {pipeline.File}.");

    private static string TypeName(ColumnType type) => type == ColumnType.TimestampTz ? "timestamp with time zone" : type.SqlName();
}
