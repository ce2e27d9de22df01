using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Npgsql;

namespace Ingest.Writer.Postgres;

/// <summary>Creates the target table and the ledger, and compares the table with the definition.</summary>
internal sealed class TableSetup(NpgsqlConnection connection, Sql sql, PipelineDefinition pipeline)
{
    /// <exception cref="StoreRefusedException">The table is not what the definition says, and nullable columns do not mend it.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await RunAsync(Sql.LockCreation, cancellationToken);
        if (pipeline.Table.Schema is { } schema)
            await RunAsync($"CREATE SCHEMA IF NOT EXISTS {Sql.Quote(schema)}", cancellationToken);
        await RunAsync(Sql.CreateLedger, cancellationToken);
        await RunAsync(sql.CreateTable(), cancellationToken);

        var found = await DescribeAsync(cancellationToken);
        foreach (var column in pipeline.Columns.Where(c => !found.ContainsKey(c.Name)))
        {
            if (column.Required || pipeline.Key.Contains(column.Name))
                throw Mismatch($"has no column \"{column.Name}\", which is required and cannot be added to existing rows");
            await RunAsync(sql.AddColumn(column), cancellationToken);
        }

        foreach (var column in pipeline.Columns)
        {
            var wanted = TypeName(column.Type);
            if (found.TryGetValue(column.Name, out var there) && there.Type != wanted)
                throw Mismatch($"has column \"{column.Name}\" of type {there.Type}, the definition says {wanted}");
        }

        var extra = found.FirstOrDefault(c => c.Value.NeedsValue && pipeline.Columns.All(d => d.Name != c.Key));
        if (extra.Key is not null)
            throw Mismatch($"has column \"{extra.Key}\", which must not be null, has no default and is not in the definition");
        if (pipeline.Key.Count > 0 && !await HasUniqueIndexAsync(cancellationToken))
            throw Mismatch($"has no primary key or unique index on ({string.Join(", ", pipeline.Key)}), the definition's key");
    }

    private static string TypeName(ColumnType type) => type == ColumnType.TimestampTz ? "timestamp with time zone" : type.SqlName();

    private StoreRefusedException Mismatch(string difference) =>
        new($"table {pipeline.Table} {difference}; change the table or {pipeline.File}.");

    private async Task<Dictionary<string, (string Type, bool NeedsValue)>> DescribeAsync(CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Sql.DescribeTable, connection) { Parameters = { new() { Value = sql.Table } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var columns = new Dictionary<string, (string, bool)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            if (reader.GetString(0) is not ("r" or "p"))
                throw Mismatch("is not an ordinary table");
            if (reader.GetString(1) == "u")
                throw Mismatch("is unlogged, so that a crash of the server would empty it");
            columns[reader.GetString(2)] = (reader.GetString(3), reader.GetBoolean(4));
        }

        return columns;
    }

    private async Task<bool> HasUniqueIndexAsync(CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Sql.HasUniqueIndex, connection)
        {
            Parameters = { new() { Value = sql.Table }, new() { Value = pipeline.Key.Order(StringComparer.Ordinal).ToArray() } },
        };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private async Task RunAsync(string statement, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(statement, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
