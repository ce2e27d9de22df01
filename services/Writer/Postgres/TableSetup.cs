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
        await RunAsync(Sql.BeginSetup, cancellationToken);
        await RunAsync(Sql.LockCreation, cancellationToken);

        // What is there is not created again: that would need the right to create, which a careful role lacks.
        if (pipeline.Table.Schema is { } schema && !await IsTrueAsync(Sql.HasSchema, schema, cancellationToken))
            await RunAsync($"CREATE SCHEMA IF NOT EXISTS {Sql.Quote(schema)}", cancellationToken);
        if (!await IsTrueAsync(Sql.HasLedger, null, cancellationToken))
            await RunAsync(Sql.CreateLedger, cancellationToken);
        if (!await IsTrueAsync(Sql.HasLedgerIndexes, null, cancellationToken))
            await RunAsync(Sql.CreateLedgerIndexes, cancellationToken);
        if (!await IsTrueAsync(Sql.HasTable, sql.Table, cancellationToken))
            await RunAsync(sql.CreateTable(), cancellationToken);

        var found = await DescribeAsync(cancellationToken);
        if (found.Fault is { } fault)
            throw TableColumns.Mismatch(pipeline, fault);
        var added = pipeline.Columns.Where(c => !found.Has(c.Name)).ToArray();
        foreach (var column in added)
        {
            if (column.Required || pipeline.Key.Contains(column.Name))
                throw TableColumns.Mismatch(pipeline, $"has no column \"{column.Name}\", which is required and cannot be added to existing rows");
            await RunAsync(sql.AddColumn(column), cancellationToken);
        }

        await CompareAsync(cancellationToken);
    }

    /// <exception cref="StoreRefusedException">The table is not what the definition says.</exception>
    public async Task CompareAsync(CancellationToken cancellationToken)
    {
        var found = await DescribeAsync(cancellationToken);
        if ((found.Fault ?? found.FindMismatch([.. pipeline.Columns.Select(c => new RowColumn(c.Name, c.Type))])) is { } fault)
            throw TableColumns.Mismatch(pipeline, fault);
        if (pipeline.Key.Count > 0 && !await HasUniqueIndexAsync(cancellationToken))
            throw TableColumns.Mismatch(pipeline, $"has no primary key or unique index on ({string.Join(", ", pipeline.Key)}), the definition's key");
    }

    public async Task<TableColumns> DescribeAsync(CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Sql.DescribeTable, connection) { Parameters = { new() { Value = sql.Table } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await TableColumns.ReadAsync(reader, cancellationToken);
    }

    private async Task<bool> HasUniqueIndexAsync(CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Sql.HasUniqueIndex, connection)
        {
            Parameters = { new() { Value = sql.Table }, new() { Value = pipeline.Key.Order(StringComparer.Ordinal).ToArray() } },
        };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private async Task<bool> IsTrueAsync(string query, string? parameter, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(query, connection);
        if (parameter is not null)
            command.Parameters.Add(new() { Value = parameter });
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private async Task RunAsync(string statement, CancellationToken cancellationToken)
    {
        // An index of a large ledger takes its time.
        await using var command = new NpgsqlCommand(statement, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
