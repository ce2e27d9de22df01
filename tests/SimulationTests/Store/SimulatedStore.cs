using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Ingest.SimulationTests.Scenarios;
using Ingest.SimulationTests.Scheduling;
using Ingest.Writer;

namespace Ingest.SimulationTests.Store;

/// <summary>
/// A writer's session with the database, statement by statement, so that it can break off, stand still or lose an answer
/// between any two of them. Each batch id and each key that a transaction enters is locked until it ends.
/// </summary>
/// <param name="world">The world.</param>
/// <param name="process">Whose session it is.</param>
/// <param name="pipeline">The pipeline.</param>
/// <param name="options">What its writer has to keep to.</param>
internal sealed class SimulatedStore(World world, SimulatedProcess process, PipelineDefinition pipeline, WriterOptions options) : IRowStore
{
    /// <summary>How long a statement waits for a lock.</summary>
    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(2);

    /// <summary>How long the database keeps a session that stands still inside a transaction.</summary>
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(60);

    private readonly SimulatedDatabase _database = world.Database;
    private readonly bool _hasKey = pipeline.Key.Count > 0;
    private readonly Company _company = new();
    private readonly List<Guid> _underWay = [];
    private int _transactions;

    public bool WritesInParallel => true;

    private Random Chances => _database.Chances;

    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await StatementAsync(null, cancellationToken);
        if (_database.Refuses(pipeline.Name))
            throw Refused();
    }

    public async Task<IReadOnlyList<CommittedBatch>> CommitAsync(IReadOnlyList<RowBatch> batches, CancellationToken cancellationToken)
    {
        using var member = _company.Join();
        Watch(batches);
        try
        {
            return await CommitAsync(batches, member, cancellationToken);
        }
        finally
        {
            _transactions--;
            _underWay.RemoveAll(id => batches.Any(b => b.Id == id));
        }
    }

    /// <summary>What a writer's transactions have to keep to.</summary>
    private void Watch(IReadOnlyList<RowBatch> batches)
    {
        if (batches.Sum(b => b.Rows) - batches.Max(b => b.Rows) >= options.MaxTransactionRows)
            world.Violations.Add(8, $"{process} writes {batches.Sum(b => b.Rows)} rows in one transaction, and takes no more after {options.MaxTransactionRows}");
        if (_transactions > 0)
            world.Simulator.Met.Add(Encounter.TransactionsOverlap);
        if (++_transactions > options.Connections)
            world.Violations.Add(8, $"{process} has {_transactions} transactions under way, and may have {options.Connections}");
        if (_transactions > 1 && pipeline is { OnDuplicate: OnDuplicate.Update, Key.Count: > 0 })
            world.Violations.Add(11, $"{process} writes updates in two transactions at a time");
        foreach (var batch in batches.Where(b => _underWay.Contains(b.Id)))
            world.Violations.Add(5, $"{process} writes {batch.Id} in two transactions at a time");
        _underWay.AddRange(batches.Select(b => b.Id));
    }

    private async Task<IReadOnlyList<CommittedBatch>> CommitAsync(
        IReadOnlyList<RowBatch> batches, Company.Member member, CancellationToken cancellationToken)
    {
        await StatementAsync(null, cancellationToken);
        var transaction = _database.Begin(process);
        try
        {
            await StatementAsync(transaction, cancellationToken);
            if (_database.Refuses(pipeline.Name))
                throw Refused();
            var (fresh, blocked) = await EnterIdsAsync(transaction, batches, cancellationToken);
            if (pipeline.OnDuplicate == OnDuplicate.Update)
            {
                blocked.UnionWith(SourceOrder.Sharing(batches, batches.Where(b => blocked.Contains(b.Id)).ToArray()).Select(b => b.Id).ToArray());
                fresh.ExceptWith(blocked);
            }

            var committed = new List<CommittedBatch>();
            foreach (var batch in batches.Where(b => !blocked.Contains(b.Id)))
            {
                // Two writers with the same keys meet only between two statements.
                await StatementAsync(transaction, cancellationToken);
                if (!fresh.Contains(batch.Id))
                    world.Simulator.Met.Add(Encounter.BatchKnown);
                committed.Add(fresh.Contains(batch.Id) ? await WriteAsync(transaction, batch, cancellationToken) : CommittedBatch.Known(batch));
                transaction.Ends.AddRange(batch.Ends.Select(e => (batch.Definition, e)));
            }

            await StatementAsync(transaction, cancellationToken);
            await CommitAsync(transaction, cancellationToken);
            return committed;
        }
        catch (DeadlockException) when (member.HadOthers)
        {
            world.Simulator.Met.Add(Encounter.TransactionsCollided);
            throw new TransactionsCollidedException("40P01: deadlock detected");
        }
        catch (DeadlockException)
        {
            throw Away("40P01: deadlock detected", Encounter.Deadlock);
        }
        finally
        {
            _database.RollBack(transaction);
        }
    }

    public async Task<IReadOnlyList<CommittedBatch>> FindAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken)
    {
        await StatementAsync(null, cancellationToken);
        var ledger = _database.Table(pipeline.Name).Ledger;
        return [.. ids.Where(ledger.ContainsKey).Select(id => CommittedBatch.Of(id, already: true, [.. ledger[id].Segments.Select(s => s.ToCounts())]))];
    }

    public async Task<IReadOnlyList<SourcePlace>> FindEndsAsync(IReadOnlyList<SourcePlace> places, CancellationToken cancellationToken)
    {
        if (places.Count == 0)
            return [];
        await StatementAsync(null, cancellationToken);
        var ends = _database.Table(pipeline.Name).Segments.Select(s => new SourcePlace(s.SourceId, s.ByteOffset + s.ByteLength)).ToHashSet();
        return [.. places.Where(ends.Contains)];
    }

    public Task<IReadOnlyList<string>> ReadDefinitionsAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>([]);

    public async Task<IReadOnlyList<LedgerSegment>> ReadSourceAsync(Guid sourceId, CancellationToken cancellationToken)
    {
        await StatementAsync(null, cancellationToken);
        return
        [
            .. _database.Table(pipeline.Name).Segments.Where(s => s.SourceId == sourceId).OrderBy(s => s.ByteOffset)
                .Select(s => new LedgerSegment(s.Batch, s.FirstLine, s.NextLine, s.ByteOffset, s.ByteLength, s.ToCounts())),
        ];
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <returns>The ids that the ledger does not know, and those that another session is writing. Entered in order, so that two writers with the same batches do not wait for each other.</returns>
    private async Task<(HashSet<Guid> Fresh, HashSet<Guid> Blocked)> EnterIdsAsync(
        Transaction transaction, IReadOnlyList<RowBatch> batches, CancellationToken cancellationToken)
    {
        var (fresh, blocked) = (new HashSet<Guid>(), new HashSet<Guid>());
        foreach (var id in batches.Select(b => b.Id).Order())
        {
            if (!await LockAsync(transaction, (pipeline.Name, id), cancellationToken))
            {
                world.Simulator.Met.Add(Encounter.BatchBlocked);
                blocked.Add(id);
                continue;
            }

            if (!_database.HasCommitted(pipeline.Name, id) && !fresh.Add(id))
                world.Violations.Add(5, $"two copies of {id} in one transaction");
        }

        return (fresh, blocked);
    }

    private async Task<CommittedBatch> WriteAsync(Transaction transaction, RowBatch batch, CancellationToken cancellationToken)
    {
        var table = _database.Table(pipeline.Name);
        if (world.Broker.PinnedDefinitions.TryGetValue(batch.Id, out var pinned) && pinned != batch.Definition)
            world.Violations.Add(5, $"{batch.Id} belongs to definition {pinned} and was processed by {batch.Definition}");
        var outcome = new BatchOutcome(batch);
        var rows = Tuples.Read(batch);
        var next = 0;
        for (var i = 0; i < batch.Segments.Count; i++)
        {
            for (var end = next + batch.Segments[i].Rows; next < end; next++)
            {
                var row = rows[next];
                if (row.Number == StoredRow.RefusedNumber)
                {
                    outcome.Refuse(Refusal(i, row.Line, RowJson.Of(batch.Columns, outcome.Tuples(next, 1).Span)));
                    continue;
                }

                if (_hasKey && !await LockAsync(transaction, (pipeline.Name, row.Key), cancellationToken))
                    throw Away("55P03: lock timeout");
                var known = _hasKey && (table.Keys.Contains(row.Key) || transaction.Rows.Exists(r => r.Key == row.Key));
                if (known && pipeline.OnDuplicate == OnDuplicate.Ignore)
                    continue;
                outcome.Write(i, 1);
                transaction.Rows.Add(row);
            }
        }

        var counts = outcome.Counts();
        transaction.Batches.Add(new CommittedEntry(
            batch.Id, batch.Definition, [.. batch.Segments.Select((segment, i) => StoredSegment.Of(batch.Id, segment, counts[i]))]));
        transaction.Rejects.AddRange(outcome.Rejects.Select(r =>
            new StoredReject(batch.Id, batch.Segments[r.Segment].Source, r.Line, r.Reason, r.Raw.ToArray(), r.RawLength)));
        return CommittedBatch.Of(batch.Id, already: false, counts);
    }

    private static Reject Refusal(int segment, long line, ReadOnlyMemory<byte> row) => new()
    {
        Segment = segment,
        Line = line,
        Reason = RejectReason.ConstraintViolation,
        SqlState = "23514",
        Raw = row,
        RawLength = row.Length,
    };

    /// <summary>The commit arrives or not, and so does its answer.</summary>
    private async Task CommitAsync(Transaction transaction, CancellationToken cancellationToken)
    {
        var faults = world.Faults;
        if (faults.Strikes(faults.CommitLost, Encounter.CommitLost, Chances))
        {
            await PauseAsync(cancellationToken);
            throw Away("the connection was lost, the commit did not arrive");
        }

        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.After(faults.Delay(Chances), () =>
        {
            // A commit that is on its way outlives its process, but not its session.
            if (transaction.IsOver)
            {
                done.TrySetException(Away("57P01: the session was ended", Encounter.SessionEnded));
                return;
            }

            _database.Commit(transaction, pipeline.Name, _hasKey);
            world.After(faults.Delay(Chances), () => done.TrySetResult());
        });
        // Not cancelled: the database would be asked to stop, and the commit is on its way.
        await done.Task;
        if (faults.Strikes(faults.CommittedUnknown, Encounter.CommittedUnknown, Chances))
            throw Away("the connection was lost, the commit had arrived");
    }

    /// <returns>False when another session holds it for too long.</returns>
    private async Task<bool> LockAsync(Transaction transaction, object key, CancellationToken cancellationToken)
    {
        if (transaction.IsOver)
            throw Away("57P01: the session was ended", Encounter.SessionEnded);
        var granted = _database.Locks.AcquireAsync(transaction, key);
        if (granted.IsCompleted)
        {
            await granted;
            return true;
        }

        var outcome = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        world.After(LockTimeout, () => outcome.TrySetResult(false));
        await using var registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource<bool>)state!).TrySetCanceled(token), outcome);
        _ = PassOnAsync(granted, outcome);
        if (await outcome.Task)
            return true;
        _database.Locks.GiveUp(transaction);
        return granted.IsCompleted;
    }

    private static async Task PassOnAsync(Task granted, TaskCompletionSource<bool> outcome)
    {
        await granted;
        outcome.TrySetResult(true);
    }

    /// <summary>A statement's way there and back.</summary>
    private async Task StatementAsync(Transaction? transaction, CancellationToken cancellationToken)
    {
        if (transaction is not null)
            EndIfStill(transaction, transaction.Statements++);
        await PauseAsync(cancellationToken);
        if (transaction is { IsOver: true })
            throw Away("57P01: the session was ended", Encounter.SessionEnded);
        if (world.Faults.Strikes(world.Faults.StoreAway, Encounter.StoreAway, Chances))
            throw Away("the connection was lost");
    }

    private void EndIfStill(Transaction transaction, int statement) => world.After(IdleTimeout, () =>
    {
        if (!transaction.IsOver && transaction.Statements == statement + 1 && process.IsFrozen)
        {
            world.Simulator.Note($"the database ends a session of {process}");
            _database.RollBack(transaction);
        }
    });

    private StoreRefusedException Refused()
    {
        world.Simulator.Met.Add(Encounter.StoreRefuses);
        return new StoreRefusedException("the table is not what the definition says");
    }

    private StoreAwayException Away(string why, Encounter? encounter = null)
    {
        if (encounter is { } met)
            world.Simulator.Met.Add(met);
        world.Simulator.Note($"{process} and {pipeline.Name}: {why}");
        return new StoreAwayException(why);
    }

    private async Task PauseAsync(CancellationToken cancellationToken) =>
        await Task.Delay(world.Faults.Delay(Chances), process.Time, cancellationToken);
}

/// <summary>A process's way to its stores.</summary>
internal sealed class SimulatedStores(World world, SimulatedProcess process, Knobs knobs) : IRowStores
{
    public IRowStore Create(PipelineDefinition pipeline) => new SimulatedStore(world, process, pipeline, knobs.Writer);
}
