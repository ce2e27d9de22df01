using System.Data;
using Ingest.Pipelines.Definition;
using Npgsql;

namespace Ingest.Writer.Postgres;

/// <summary>A row that the database refuses, by its place in its batch.</summary>
internal sealed record KnownFault(Guid Batch, int Row, PostgresException Fault);

/// <summary>
/// Finds the rows that make the driver give up its connection: after an internal error or a protocol violation it takes
/// the session for damaged, although the server goes on. Every attempt has a transaction of its own, which is undone.
/// </summary>
internal sealed class RowProber(
    NpgsqlDataSource source, Sql sql, PipelineDefinition pipeline, TimeSpan lockTimeout, TimeSpan statementTimeout)
{
    public async Task<IReadOnlyList<KnownFault>> FindAsync(IReadOnlyList<BatchOutcome> outcomes, CancellationToken cancellationToken)
    {
        List<KnownFault> found = [];
        foreach (var rows in RowSet.Of(outcomes))
        {
            if (await ProbeAsync(rows.All) is not { } fault)
                continue;
            var finder = new FaultFinder<PostgresException>(ProbeAsync, ProbeAsync, found.Count > 0);
            if (!await finder.RunAsync(rows.All, fault))
                throw finder.Faults[^1].Fault;

            // The others are found again in the transaction, where the rows that they need are.
            found.AddRange(finder.Faults.Where(f => PostgresErrors.EndsConnection(f.Fault)).Select(f =>
            {
                var (batch, row) = rows.PlaceOf(f.Row);
                return new KnownFault(batch, row, f.Fault);
            }));

            Task<PostgresException?> ProbeAsync(RowRange range) => TryAsync(rows.Slice(range), cancellationToken);
        }

        // What the table's triggers left in the sessions is not for others.
        source.Clear();
        return found;
    }

    private async Task<PostgresException?> TryAsync(RowSet rows, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        try
        {
            await using var begin = new NpgsqlCommand(Sql.BeginSession, connection)
            {
                Parameters = { new() { Value = $"{lockTimeout.TotalMilliseconds}ms" }, new() { Value = $"{statementTimeout.TotalMilliseconds}ms" } },
            };
            await begin.ExecuteNonQueryAsync(cancellationToken);
            var table = await new TableSetup(connection, sql, pipeline).DescribeAsync(cancellationToken);
            var merge = new MergeWriter(connection, sql, pipeline, table);
            await merge.StageAsync(rows, cancellationToken);
            await merge.InsertAsync(rows.All, cancellationToken);
            await using var check = new NpgsqlCommand("SET CONSTRAINTS ALL IMMEDIATE", connection);
            await check.ExecuteNonQueryAsync(cancellationToken);
            return null;
        }
        catch (PostgresException fault) when (PostgresErrors.MayBeRow(fault) && !(PostgresErrors.IsTimeout(fault) && rows.Count == 1))
        {
            return fault;
        }
    }
}
