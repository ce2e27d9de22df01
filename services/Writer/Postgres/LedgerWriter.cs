using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Npgsql;

namespace Ingest.Writer.Postgres;

/// <summary>The ledger's part of a transaction: which batches are new, and in the end what became of each line.</summary>
internal sealed class LedgerWriter(
    NpgsqlConnection connection, Sql sql, PipelineDefinition pipeline, TimeSpan lockTimeout, TimeSpan statementTimeout)
{
    private const int MostBlocked = 20;

    private static readonly TimeSpan WaitForBatch = TimeSpan.FromMilliseconds(100);

    /// <summary>Enters the batches, on the likely assumption that every row will be written.</summary>
    /// <returns>Those that the ledger did not know.</returns>
    /// <exception cref="StoreRefusedException">The table, which is locked against changes from here on, is not the rows'.</exception>
    /// <exception cref="BatchesUnfitException">It is, but not that of rows of an older definition.</exception>
    public async Task<Begun> BeginAsync(IReadOnlyList<RowBatch> batches, CancellationToken cancellationToken)
    {
        TableColumns table;
        HashSet<Guid> fresh = [];
        await using (var begin = Opening())
        {
            begin.BatchCommands.Add(Insert(batches));
            await using var reader = await begin.ExecuteReaderAsync(cancellationToken);
            table = await ReadTableAsync(reader, cancellationToken);
            await reader.NextResultAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
                fresh.Add(reader.GetGuid(0));
        }

        table = await CheckAsync(table, [.. batches.Where(b => fresh.Contains(b.Id))], cancellationToken);
        return new Begun(fresh, [], table);
    }

    /// <summary>As <see cref="BeginAsync"/>, but batches that another session is writing are passed over.</summary>
    /// <exception cref="StoreRefusedException">The table, which is locked against changes from here on, is not the rows'.</exception>
    /// <exception cref="BatchesUnfitException">It is, but not that of rows of an older definition.</exception>
    public async Task<Begun> BeginCarefullyAsync(
        IReadOnlyList<RowBatch> batches, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        TableColumns table;
        await using (var begin = Opening())
        await using (var reader = await begin.ExecuteReaderAsync(cancellationToken))
            table = await ReadTableAsync(reader, cancellationToken);

        const string savepoint = "ingest_ledger";
        HashSet<Guid> fresh = [];
        HashSet<Guid> blocked = [];
        await ExecuteAsync($"SET LOCAL lock_timeout TO '{WaitForBatch.TotalMilliseconds}ms'", cancellationToken);
        foreach (var batch in batches.OrderBy(b => b.Id))
        {
            if (blocked.Count >= MostBlocked)
            {
                // Whoever holds so many holds the others, too; waiting for each would take long.
                blocked.Add(batch.Id);
                continue;
            }

            await transaction.SaveAsync(savepoint, cancellationToken);
            try
            {
                await using var insert = new NpgsqlBatch(connection) { BatchCommands = { Insert([batch]) } };
                if (await insert.ExecuteScalarAsync(cancellationToken) is Guid id)
                    fresh.Add(id);
                await transaction.ReleaseAsync(savepoint, cancellationToken);
            }
            catch (PostgresException held) when (held.SqlState == PostgresErrors.LockNotAvailable)
            {
                await ExecuteAsync($"ROLLBACK TO SAVEPOINT {savepoint}; RELEASE SAVEPOINT {savepoint}", cancellationToken);
                blocked.Add(batch.Id);
            }
        }

        await ExecuteAsync($"SET LOCAL lock_timeout TO '{lockTimeout.TotalMilliseconds}ms'", cancellationToken);
        table = await CheckAsync(table, [.. batches.Where(b => fresh.Contains(b.Id))], cancellationToken);
        return new Begun(fresh, blocked, table);
    }

    /// <summary>
    /// Writes what became of the batches, and commits: in one message, since a statement that fails keeps those behind it,
    /// the commit among them, from being run.
    /// </summary>
    /// <param name="batches">All batches of the transaction; their sources' ends are noted whether they are new or not.</param>
    /// <param name="written">What became of each new batch.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task CommitAsync(
        IReadOnlyList<RowBatch> batches,
        IReadOnlyDictionary<Guid, BatchOutcome> written,
        CancellationToken cancellationToken)
    {
        await using var finish = new NpgsqlBatch(connection);
        var fresh = batches.Where(b => written.ContainsKey(b.Id)).Select(b => written[b.Id]).ToArray();
        var counts = fresh.Select(o => o.Counts()).ToArray();

        var corrected = fresh.Zip(counts).Where(b => b.Second.Sum(c => c.Written) < b.First.Batch.Rows).ToArray();
        if (corrected.Length > 0)
        {
            finish.BatchCommands.Add(Command(
                Sql.CorrectBatches,
                corrected.Select(b => b.First.Batch.Id).ToArray(),
                corrected.Select(b => b.Second.Sum(c => c.Written)).ToArray(),
                corrected.Select(b => b.Second.Sum(c => c.Duplicate)).ToArray(),
                corrected.Select(b => b.Second.Sum(c => c.Rejected)).ToArray()));
        }

        var segments = fresh.SelectMany((o, b) => o.Batch.Segments.Select((s, i) => (o.Batch, Segment: s, Counts: counts[b][i]))).ToArray();
        if (segments.Length > 0)
        {
            finish.BatchCommands.Add(Command(
                Sql.InsertSegments,
                segments.Select(s => s.Batch.Id).ToArray(),
                segments.Select(s => s.Segment.SourceId).ToArray(),
                segments.Select(s => s.Segment.FirstLine).ToArray(),
                segments.Select(s => s.Segment.NextLine).ToArray(),
                segments.Select(s => s.Segment.ByteOffset).ToArray(),
                segments.Select(s => s.Segment.ByteLength).ToArray(),
                segments.Select(s => s.Counts.Lines).ToArray(),
                segments.Select(s => s.Counts.Written).ToArray(),
                segments.Select(s => s.Counts.Duplicate).ToArray(),
                segments.Select(s => s.Counts.Filtered).ToArray(),
                segments.Select(s => s.Counts.Rejected).ToArray()));
        }

        // Of a source that ended more than once the newest end counts; a statement can change a row only once.
        var ends = batches.SelectMany(b => b.Ends.Select(e => (b.Definition, End: e)))
            .GroupBy(e => e.End.SourceId, (_, all) => all.MaxBy(e => e.End.EndedAt)).ToArray();
        if (ends.Length > 0)
        {
            finish.BatchCommands.Add(Command(
                Sql.InsertSources,
                ends.Select(e => e.End.SourceId).ToArray(),
                ends.Select(e => PostgresText(e.End.Source)).ToArray(),
                ends.Select(e => e.Definition).ToArray(),
                ends.Select(e => e.End.Lines).ToArray(),
                ends.Select(e => e.End.LastLine).ToArray(),
                ends.Select(e => e.End.Bytes).ToArray(),
                ends.Select(e => e.End.EndedAt.UtcDateTime).ToArray()));
        }

        var rejects = fresh.SelectMany(o => o.Rejects.Select(r => (o.Batch, Reject: r))).ToArray();
        if (rejects.Length > 0)
        {
            finish.BatchCommands.Add(Command(
                Sql.InsertRejects,
                rejects.Select(r => r.Batch.Id).ToArray(),
                rejects.Select(r => PostgresText(r.Batch.Segments[r.Reject.Segment].Source)).ToArray(),
                rejects.Select(r => r.Reject.Line).ToArray(),
                rejects.Select(r => r.Reject.Reason.SqlName()).ToArray(),
                rejects.Select(r => r.Reject.Column).ToArray(),
                rejects.Select(r => PostgresText(r.Reject.Detail)).ToArray(),
                rejects.Select(r => r.Reject.SqlState).ToArray(),
                rejects.Select(r => r.Reject.Raw.ToArray()).ToArray(),
                rejects.Select(r => r.Reject.RawLength).ToArray()));
        }

        finish.BatchCommands.Add(new NpgsqlBatchCommand("COMMIT"));
        await finish.ExecuteNonQueryAsync(cancellationToken);
    }

    private NpgsqlBatch Opening() => new(connection)
    {
        BatchCommands =
        {
            new(Sql.BeginSession)
            {
                Parameters = { new() { Value = $"{lockTimeout.TotalMilliseconds}ms" }, new() { Value = $"{statementTimeout.TotalMilliseconds}ms" } },
            },
            new(sql.LockTable),
            new(Sql.DescribePlainTable) { Parameters = { new() { Value = sql.Table } } },
        },
    };

    private NpgsqlBatchCommand Insert(IReadOnlyList<RowBatch> batches) => Command(
        Sql.InsertBatches,
        batches.Select(b => b.Id).ToArray(),
        batches.Select(b => b.Definition).ToArray(),
        batches.Select(b => b.Segments.Sum(s => (long)s.Lines)).ToArray(),
        batches.Select(b => (long)b.Rows).ToArray(),
        batches.Select(b => b.Segments.Sum(s => (long)s.Filtered)).ToArray(),
        batches.Select(b => b.Segments.Sum(s => (long)s.Rejected)).ToArray());

    private static async Task<TableColumns> ReadTableAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        await reader.NextResultAsync(cancellationToken);
        return await TableColumns.ReadAsync(reader, cancellationToken);
    }

    private async Task ExecuteAsync(string statements, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(statements, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <param name="table">As it is read at the beginning.</param>
    /// <param name="fresh">The batches that are to be written. What has no rows fits any table.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The table, looked at as closely as it needs.</returns>
    /// <exception cref="StoreRefusedException">The table is not what the batches' definitions say.</exception>
    /// <exception cref="BatchesUnfitException">It is, but is not what an older definition said.</exception>
    private async Task<TableColumns> CheckAsync(TableColumns table, IReadOnlyList<RowBatch> fresh, CancellationToken cancellationToken)
    {
        if (!table.IsPlain)
            table = await new TableSetup(connection, sql, pipeline).DescribeAsync(cancellationToken);
        if (table.Fault is { } fault)
            throw TableColumns.Mismatch(pipeline, fault);
        List<(RowBatch Batch, string Difference)> unfit = [];
        foreach (var batch in fresh.Where(b => b.Rows > 0))
        {
            if (table.FindMismatch(batch.Columns) is not { } difference)
                continue;
            if (batch.Definition == pipeline.Version)
                throw TableColumns.Mismatch(pipeline, difference);
            unfit.Add((batch, difference));
        }

        if (unfit.Count > 0)
            throw await RefusalAsync(unfit, fresh, cancellationToken);
        return table;
    }

    /// <summary>
    /// Versions have no order of their own. One under which rows are written already is older than this writer's; any
    /// other may be newer, and is left to a writer that has it.
    /// </summary>
    private async Task<Exception> RefusalAsync(
        List<(RowBatch Batch, string Difference)> unfit, IReadOnlyList<RowBatch> fresh, CancellationToken cancellationToken)
    {
        var versions = unfit.Select(u => u.Batch.Definition).Distinct().ToArray();
        HashSet<string> written = [];
        await using (var ask = new NpgsqlBatch(connection) { BatchCommands = { Command(Sql.WrittenDefinitions, versions, fresh.Select(b => b.Id).ToArray()) } })
        await using (var reader = await ask.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
                written.Add(reader.GetString(0));
        }

        var older = unfit.FindAll(u => written.Contains(u.Batch.Definition));
        if (older is [var (batch, difference), ..])
        {
            return new BatchesUnfitException(
                $"Its rows do not fit: table {pipeline.Table} {difference}; the definition {batch.Definition}, which made them, is not in use any more.",
                [.. older.Select(u => u.Batch.Id)]);
        }

        (batch, difference) = unfit[0];
        return new StoreRefusedException(
            $"table {pipeline.Table} {difference}: rows wait that are made by definition {batch.Definition}, which this writer does not have "
            + $"({pipeline.File} is {pipeline.Version}); update it, or change the table so that it takes them.");
    }

    /// <summary>PostgreSQL's text holds no U+0000.</summary>
    private static string? PostgresText(string? text) => text?.Replace('\0', '\uFFFD');

    private NpgsqlBatchCommand Command(string statement, params object[] arrays)
    {
        var command = new NpgsqlBatchCommand(statement) { Parameters = { new() { Value = pipeline.Name } } };
        foreach (var array in arrays)
            command.Parameters.Add(new() { Value = array });
        return command;
    }
}

/// <param name="Fresh">The batches that the ledger did not know.</param>
/// <param name="Blocked">The batches that another session is writing.</param>
/// <param name="Table">The table, which nobody changes before the transaction ends.</param>
internal sealed record Begun(HashSet<Guid> Fresh, HashSet<Guid> Blocked, TableColumns Table);
