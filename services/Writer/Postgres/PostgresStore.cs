using System.Data;
using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Npgsql;

namespace Ingest.Writer.Postgres;

/// <summary>Writes to PostgreSQL: ledger, rows and rejects in one transaction, the rows by binary COPY.</summary>
internal sealed class PostgresStore(NpgsqlDataSource source, string database, PipelineDefinition pipeline) : IRowStore
{
    private readonly Sql _sql = new(pipeline);
    private readonly WriteHabit _habit = new(pipeline.OnDuplicate == OnDuplicate.Update);

    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await source.OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await new TableSetup(connection, _sql, pipeline).RunAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            _habit.Compared();
        }
        catch (Exception failure) when (PostgresErrors.IsOurs(failure))
        {
            throw PostgresErrors.Translate(failure, database);
        }
    }

    public async Task<IReadOnlyList<CommittedBatch>> CommitAsync(IReadOnlyList<RowBatch> batches, CancellationToken cancellationToken)
    {
        try
        {
            try
            {
                return await CommitAsync(batches, [], cancellationToken);
            }
            catch (PostgresException fault) when (PostgresErrors.EndsConnection(fault))
            {
                var known = await new RowProber(source, _sql, pipeline).FindAsync(
                    [.. batches.Select(b => new BatchOutcome(b))], cancellationToken);
                if (known.Count == 0)
                    throw;
                return await CommitAsync(batches, known, cancellationToken);
            }
        }
        catch (Exception failure) when (PostgresErrors.IsOurs(failure))
        {
            throw PostgresErrors.Translate(failure, database);
        }
    }

    public Task<IReadOnlyList<CommittedBatch>> FindAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken) =>
        AskAsync(ledger => ledger.FindAsync(ids, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<LedgerSegment>> ReadSourceAsync(Guid sourceId, CancellationToken cancellationToken) =>
        AskAsync(ledger => ledger.ReadSourceAsync(sourceId, cancellationToken), cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<IReadOnlyList<CommittedBatch>> CommitAsync(
        IReadOnlyList<RowBatch> batches, IReadOnlyList<KnownFault> known, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        var ledger = new LedgerWriter(connection, _sql, pipeline);
        var begun = await ledger.BeginAsync(batches, cancellationToken);
        var fresh = batches.Where(b => begun.Fresh.Contains(b.Id)).ToDictionary(b => b.Id, b => new BatchOutcome(b));
        await new RowWriter(connection, transaction, _sql, pipeline, _habit, begun.DropsRows).WriteAsync(
            [.. batches.Where(b => fresh.ContainsKey(b.Id)).Select(b => fresh[b.Id])], known, cancellationToken);
        await ledger.FinishAsync(batches, fresh, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return [.. batches.Select(b => fresh.TryGetValue(b.Id, out var outcome) ? CommittedBatch.Of(b.Id, already: false, outcome.Counts()) : CommittedBatch.Known(b))];
    }

    private async Task<T> AskAsync<T>(Func<LedgerReader, Task<T>> question, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await source.OpenConnectionAsync(cancellationToken);
            return await question(new LedgerReader(connection, pipeline.Name));
        }
        catch (Exception failure) when (PostgresErrors.IsOurs(failure))
        {
            throw PostgresErrors.Translate(failure, database);
        }
    }
}
