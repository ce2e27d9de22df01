using System.Data;
using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Ingest.Writer.Postgres;

/// <summary>Writes to PostgreSQL: ledger, rows and rejects in one transaction, the rows by binary COPY.</summary>
internal sealed partial class PostgresStore(NpgsqlDataSource source, string database, PipelineDefinition pipeline, ILogger logger) : IRowStore
{
    private readonly Sql _sql = new(pipeline);
    private bool _warned;
    private readonly Company _company = new();
    private readonly WriteHabit _habit = new(pipeline.OnDuplicate == OnDuplicate.Update);

    public bool WritesInParallel => true;

    /// <summary>How long a statement waits for what another session holds.</summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a statement may take before the server ends it; rows that need longer are tried in smaller parts.</summary>
    public TimeSpan StatementTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How old a transaction of ours is whose client stands still, before it is ended.</summary>
    public TimeSpan StuckAfter { get; init; } = TimeSpan.FromSeconds(60);

    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await source.OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await new TableSetup(connection, _sql, pipeline).RunAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            _habit.Compared();
            await using var ask = new NpgsqlCommand(Sql.IsDurable, connection);
            if (!_warned && await ask.ExecuteScalarAsync(cancellationToken) is false)
            {
                _warned = true;
                LogNotDurable(database);
            }
        }
        catch (Exception failure) when (PostgresErrors.IsOurs(failure))
        {
            throw PostgresErrors.Translate(failure, database);
        }
    }

    public async Task<IReadOnlyList<CommittedBatch>> CommitAsync(IReadOnlyList<RowBatch> batches, CancellationToken cancellationToken)
    {
        using var company = _company.Join();
        try
        {
            try
            {
                return await CommitAsync(batches, [], carefully: false, company, cancellationToken);
            }
            catch (PostgresException collided) when (company.HadOthers && PostgresErrors.IsInTheWay(collided))
            {
                // Merges take their keys in order, and do not deadlock.
                _habit.Conflicted();
                throw new TransactionsCollidedException($"{collided.MessageText} ({database})", collided);
            }
            catch (PostgresException blocked) when (blocked.SqlState == PostgresErrors.LockNotAvailable)
            {
                await EndStuckSessionsAsync(cancellationToken);
                return await CommitAsync(batches, [], carefully: true, company, cancellationToken);
            }
            catch (PostgresException fault) when (PostgresErrors.EndsConnection(fault))
            {
                var known = await new RowProber(source, _sql, pipeline, LockTimeout, StatementTimeout).FindAsync(
                    [.. batches.Select(b => new BatchOutcome(b))], cancellationToken);
                if (known.Count == 0)
                    throw;
                return await CommitAsync(batches, known, carefully: false, company, cancellationToken);
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

    public async Task<IReadOnlyList<SourcePlace>> FindEndsAsync(IReadOnlyList<SourcePlace> places, CancellationToken cancellationToken) =>
        places.Count == 0 ? [] : await AskAsync(ledger => ledger.FindEndsAsync(places, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<string>> ReadDefinitionsAsync(CancellationToken cancellationToken) =>
        AskAsync(ledger => ledger.ReadDefinitionsAsync(cancellationToken), cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<IReadOnlyList<CommittedBatch>> CommitAsync(
        IReadOnlyList<RowBatch> batches, IReadOnlyList<KnownFault> known, bool carefully, Company.Member company, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        var ledger = new LedgerWriter(connection, _sql, pipeline, LockTimeout, StatementTimeout);
        var begun = carefully
            ? await ledger.BeginCarefullyAsync(batches, transaction, cancellationToken)
            : await ledger.BeginAsync(batches, cancellationToken);
        var blocked = batches.Where(b => begun.Blocked.Contains(b.Id)).ToArray();
        batches = [.. batches.Except(blocked)];
        if (blocked.Length > 0 && pipeline.OnDuplicate == OnDuplicate.Update)
        {
            // What is behind them in their sources must not overtake them.
            var others = batches.Except(SourceOrder.Sharing(batches, blocked)).ToArray();
            if (others.Length < batches.Count)
            {
                await transaction.RollbackAsync(cancellationToken);
                batches = others;
                if (batches.Count > 0)
                    return await CommitAsync(batches, known, carefully, company, cancellationToken);
            }
        }

        if (batches.Count == 0)
            throw new StoreAwayException($"another session is writing the same batches ({database})");
        var fresh = batches.Where(b => begun.Fresh.Contains(b.Id)).ToDictionary(b => b.Id, b => new BatchOutcome(b));
        try
        {
            await new RowWriter(connection, transaction, _sql, pipeline, _habit, begun.Table, company).WriteAsync(
                [.. batches.Where(b => fresh.ContainsKey(b.Id)).Select(b => fresh[b.Id])], known, cancellationToken);
            await ledger.CommitAsync(batches, fresh, cancellationToken);
        }
        catch when (!begun.Table.IsPlain)
        {
            // What its triggers locked for the session outlasts the rollback.
            source.Clear();
            throw;
        }

        // What a table's own triggers leave in the session is not for the next transaction.
        if (!begun.Table.IsPlain)
            await ResetAsync(connection, cancellationToken);
        return [.. batches.Select(b => fresh.TryGetValue(b.Id, out var outcome) ? CommittedBatch.Of(b.Id, already: false, outcome.Counts()) : CommittedBatch.Known(b))];
    }

    private async Task ResetAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            await using var reset = new NpgsqlCommand("DISCARD ALL", connection);
            await reset.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (Exception lost) when (PostgresErrors.IsOurs(lost) || lost is OperationCanceledException or InvalidOperationException)
        {
            // The commit is done, whatever becomes of the session, which is closed now instead of going back to its pool.
            source.Clear();
        }
    }

    private async Task EndStuckSessionsAsync(CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var end = new NpgsqlCommand(Sql.EndStuckSessions, connection) { Parameters = { new() { Value = StuckAfter.TotalSeconds } } };
        await end.ExecuteNonQueryAsync(cancellationToken);
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "The database {Database} runs with fsync = off: when its machine fails, what was acknowledged may be lost")]
    private partial void LogNotDurable(string database);
}
