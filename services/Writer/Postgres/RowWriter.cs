using Ingest.Pipelines.Definition;
using Npgsql;

namespace Ingest.Writer.Postgres;

/// <summary>
/// The rows' part of a transaction. They are copied straight into the table; when a key turns out to be there already,
/// that is undone, and the rows are copied beside the table and merged. A row that the database refuses alone, while
/// others pass, becomes a reject.
/// </summary>
internal sealed class RowWriter(
    NpgsqlConnection connection,
    NpgsqlTransaction transaction,
    Sql sql,
    PipelineDefinition pipeline,
    WriteHabit habit,
    TableColumns table,
    Company.Member company)
{
    private readonly Attempts _attempts = new(connection, transaction, mayDefer: !table.IsPlain);
    private readonly RowCopier _copier = new(connection);
    private readonly MergeWriter _merge = new(connection, sql, pipeline, table);
    private readonly List<(RowSet Rows, int Row, PostgresException Fault)> _faults = [];
    private bool _passed;

    /// <param name="outcomes">New batches in the order in which their rows count.</param>
    /// <param name="known">Rows that are known to be refused.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="PostgresException">It is not the rows.</exception>
    /// <exception cref="StoreRefusedException">The table is not what the definition says.</exception>
    /// <exception cref="TransactionsCollidedException">A row may miss what another transaction of the store has not committed.</exception>
    public async Task WriteAsync(
        IReadOnlyList<BatchOutcome> outcomes, IReadOnlyList<KnownFault> known, CancellationToken cancellationToken)
    {
        foreach (var rows in RowSet.Of(outcomes))
        {
            if (await CopyAsync(WithoutKnown(rows, known), cancellationToken) is { } left)
                await MergeAsync(left, cancellationToken);
        }

        if (_passed)
            habit.Passed();
        if (_faults.Count == 0)
            return;
        foreach (var (_, _, fault) in _faults)
            ThrowIfMissing(fault);
        if (!_passed)
            await DoubtAsync(cancellationToken);
        habit.Refused(_faults.Count);
        foreach (var (rows, row, fault) in _faults)
            rows.Refuse(row, PostgresErrors.Refusal(fault));
    }

    private RowSet WithoutKnown(RowSet rows, IReadOnlyList<KnownFault> known)
    {
        foreach (var fault in known)
        {
            if (rows.Find(fault.Batch, fault.Row) is not { } row)
                continue;
            Note(rows, row, fault.Fault);
            rows = rows.Without(row);
        }

        return rows;
    }

    /// <returns>The rows that are still to be written, or null.</returns>
    private async Task<RowSet?> CopyAsync(RowSet rows, CancellationToken cancellationToken)
    {
        if (rows.Count == 0)
            return null;
        if (!habit.CopiesFirst || table.DropsRows)
            return rows;
        try
        {
            if (await TryCopyAsync(rows.All) is not { } fault)
                _passed = true;
            else
                await FindAsync(rows, fault, TryCopyAsync, ProbeCopyAsync, PostgresErrors.CopyLine);
            return null;
        }
        catch (MergeNeededException merge)
        {
            habit.Conflicted();
            return rows.Slice(new RowRange(merge.From, rows.Count));
        }

        async Task<PostgresException?> TryCopyAsync(RowRange range)
        {
            var fault = await _attempts.TryAsync(() => CopyRangeAsync(range), cancellationToken);
            if (fault is null)
            {
                foreach (var (piece, part) in rows.Parts(range))
                    rows.Write(piece, part.Count);
            }
            else if (NeedsMerge(fault))
            {
                throw new MergeNeededException(range.From);
            }

            return fault;
        }

        async Task<PostgresException?> ProbeCopyAsync(RowRange range) =>
            await _attempts.ProbeAsync(() => CopyRangeAsync(range), cancellationToken) is { } fault && !NeedsMerge(fault) ? fault : null;

        Task CopyRangeAsync(RowRange range) => _copier.CopyAsync(sql.Copy(rows.Columns), rows, range, cancellationToken);
    }

    /// <summary>A key that is there already, or row-level security, under which PostgreSQL does not COPY.</summary>
    private bool NeedsMerge(PostgresException fault) => fault.SqlState == PostgresErrors.FeatureNotSupported
        || (fault.SqlState == PostgresErrors.UniqueViolation && pipeline.Key.Count > 0);

    private async Task FindAsync(
        RowSet rows,
        PostgresException fault,
        Func<RowRange, Task<PostgresException?>> attempt,
        Func<RowRange, Task<PostgresException?>> probe,
        Func<PostgresException, int?>? hint)
    {
        ThrowIfMissing(fault);
        var finder = new FaultFinder<PostgresException>(AttemptAsync, probe, _passed, hint);
        try
        {
            if (!await finder.RunAsync(rows.All, fault))
            {
                ThrowIfMissing(finder.Faults[^1].Fault);
                throw TakesNone(finder.Faults[^1].Fault);
            }

            await finder.TryAgainAsync(f => f.SqlState == PostgresErrors.ForeignKeyViolation, AttemptAgainAsync);
        }
        finally
        {
            _passed |= finder.Passed > 0;
            foreach (var (row, refusal) in finder.Faults)
                Note(rows, row, refusal);
        }

        // Of a database that is busy others would take as long; the whole transaction is tried again later.
        async Task<PostgresException?> AttemptAsync(RowRange range)
        {
            var failed = await attempt(range);
            return failed is not null && range.Count == 1 && PostgresErrors.IsTimeout(failed) ? throw failed : failed;
        }

        async Task<PostgresException?> AttemptAgainAsync(RowRange range)
        {
            try
            {
                return await attempt(range);
            }
            catch (MergeNeededException)
            {
                // Its key came in after it: a duplicate.
                return null;
            }
        }
    }

    private async Task MergeAsync(RowSet rows, CancellationToken cancellationToken)
    {
        while (await _attempts.TryAsync(() => _merge.StageAsync(rows, cancellationToken), cancellationToken) is { } fault)
        {
            // The table beside has no constraints: what it refuses is one malformed row.
            if (PostgresErrors.CopyLine(fault) is not { } line || line >= rows.Count || _faults.Count > FaultFinder<PostgresException>.Few)
                throw fault;
            Note(rows, line, fault);
            if (rows.Count == 1)
                return;
            rows = rows.Without(line);
        }

        var duplicates = false;
        if (await TryInsertAsync(rows.All) is not { } refusal)
        {
            _passed = true;
            habit.Merged(duplicates);
            return;
        }

        await _merge.IndexAsync(cancellationToken);
        await FindAsync(rows, refusal, TryInsertAsync, ProbeInsertAsync, hint: null);
        await _merge.DropAsync(cancellationToken);
        habit.Merged(duplicates);

        async Task<PostgresException?> TryInsertAsync(RowRange range)
        {
            List<(int Piece, long Rows)> written = [];
            var fault = await _attempts.TryAsync(async () => written = await _merge.InsertAsync(range, cancellationToken), cancellationToken);
            if (fault is not null)
                return fault;
            foreach (var (piece, count) in written)
                rows.Write(piece, count);
            duplicates |= written.Sum(w => w.Rows) < range.Count;
            return null;
        }

        Task<PostgresException?> ProbeInsertAsync(RowRange range) =>
            _attempts.ProbeAsync(() => _merge.InsertAsync(range, cancellationToken), cancellationToken);
    }

    /// <summary>A row may need others, which only their own transaction sees before its commit.</summary>
    private void ThrowIfMissing(PostgresException fault)
    {
        if (company.HadOthers && PostgresErrors.MayMissRows(fault))
            throw new TransactionsCollidedException($"rows may need others that are not committed yet ({fault.MessageText})", fault);
    }

    /// <exception cref="PostgresException">The row takes too long: the database is busy.</exception>
    private void Note(RowSet rows, int row, PostgresException fault)
    {
        if (PostgresErrors.IsTimeout(fault))
            throw fault;
        _faults.Add((rows, row, fault));
    }

    /// <summary>
    /// No row passed, which may be the table's fault. It is not when the table is as the definition says, takes no rows
    /// at all without complaint, the error speaks of rows, and few rows are concerned.
    /// </summary>
    private async Task DoubtAsync(CancellationToken cancellationToken)
    {
        await new TableSetup(connection, sql, pipeline).CompareAsync(cancellationToken);
        var (rows, _, fault) = _faults[0];
        if (_faults.Count + habit.RefusedSincePass > FaultFinder<PostgresException>.Few)
            throw TakesNone(fault);
        if (_faults.Any(f => !PostgresErrors.SpeaksOfRow(f.Fault) && !(habit.HasPassed && PostgresErrors.SaysLittle(f.Fault))))
            throw fault;
        var none = await _attempts.ProbeAsync(
            async () =>
            {
                await using var nothing = new NpgsqlCommand(sql.InsertNothing(rows.Columns), connection);
                await nothing.ExecuteNonQueryAsync(cancellationToken);
            },
            cancellationToken);
        if (none is not null)
            throw none;
    }

    /// <summary>Many rows, and none of them passed: whoever reads it must know how many, and of which table.</summary>
    private Exception TakesNone(PostgresException fault) => !PostgresErrors.SpeaksOfRow(fault) ? fault : new StoreRefusedException(
        $"table {pipeline.Table} has taken none of the rows so far, and refused {Math.Max(_faults.Count + habit.RefusedSincePass, FaultFinder<PostgresException>.Few)} or more: "
        + $"{PostgresErrors.Refusal(fault).Detail} (SQLSTATE {fault.SqlState}); change the table or {pipeline.File} so that it takes them.",
        fault);

    /// <summary>Rows from a place on cannot be copied straight into the table.</summary>
    private sealed class MergeNeededException(int from) : Exception
    {
        public int From => from;
    }
}
