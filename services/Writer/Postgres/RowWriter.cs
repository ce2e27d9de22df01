using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Npgsql;

namespace Ingest.Writer.Postgres;

/// <summary>
/// The rows' part of a transaction. They are copied straight into the table; when a key turns out to be there already,
/// that is undone, and the rows are copied beside the table and merged.
/// </summary>
internal sealed class RowWriter(NpgsqlConnection connection, NpgsqlTransaction transaction, Sql sql, PipelineDefinition pipeline)
{
    private const string Savepoint = "ingest_copy";

    /// <param name="batches">New batches in the order in which their rows count.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>
    /// For each batch the counts segment by segment. With update every row counts as written, whether it was replaced
    /// by a later one of the same transaction or of the next.
    /// </returns>
    public async Task<Dictionary<Guid, BatchOutcome>> WriteAsync(IReadOnlyList<RowBatch> batches, CancellationToken cancellationToken)
    {
        var written = batches.ToDictionary(b => b.Id, b => new BatchOutcome(b));
        foreach (var sameColumns in GroupByColumns(batches.Where(b => b.Rows > 0)))
        {
            if (pipeline.Key.Count == 0)
                await CopyAsync(sql.Copy(sameColumns[0].Columns), sameColumns, cancellationToken);
            else if (!await TryCopyAsync(sameColumns, cancellationToken))
            {
                await MergeAsync(sameColumns, written, cancellationToken);
                continue;
            }

            foreach (var batch in sameColumns)
                written[batch.Id].WriteAll();
        }

        return written;
    }

    /// <returns>False when a key is there already, and nothing was written.</returns>
    private async Task<bool> TryCopyAsync(List<RowBatch> batches, CancellationToken cancellationToken)
    {
        await transaction.SaveAsync(Savepoint, cancellationToken);
        try
        {
            await CopyAsync(sql.Copy(batches[0].Columns), batches, cancellationToken);
            await transaction.ReleaseAsync(Savepoint, cancellationToken);
            return true;
        }
        catch (PostgresException duplicate) when (duplicate.SqlState == PostgresErrors.UniqueViolation)
        {
            await transaction.RollbackAsync(Savepoint, cancellationToken);
            return false;
        }
    }

    private async Task MergeAsync(
        List<RowBatch> batches, Dictionary<Guid, BatchOutcome> written, CancellationToken cancellationToken)
    {
        var columns = batches[0].Columns;
        await using (var create = new NpgsqlCommand(Sql.CreateMergeTable(columns), connection))
            await create.ExecuteNonQueryAsync(cancellationToken);
        await CopyAsync(Sql.CopyForMerge(columns), batches, cancellationToken);

        // Segments without rows have no place in the order.
        var segments = batches
            .SelectMany(b => Enumerable.Range(0, b.Segments.Count).Select(i => (b.Id, Index: i, b.Segments[i].Rows)))
            .Where(s => s.Rows > 0)
            .ToArray();
        var firsts = new long[segments.Length];
        var next = 1L;
        for (var i = 0; i < segments.Length; i++)
        {
            firsts[i] = next;
            next += segments[i].Rows;
            if (pipeline.OnDuplicate == OnDuplicate.Update)
                written[segments[i].Id].Write(segments[i].Index, segments[i].Rows);
        }

        await using var merge = new NpgsqlCommand(sql.Merge(columns), connection) { Parameters = { new() { Value = firsts } } };
        await using var reader = await merge.ExecuteReaderAsync(cancellationToken);
        while (pipeline.OnDuplicate == OnDuplicate.Ignore && await reader.ReadAsync(cancellationToken))
        {
            var segment = segments[reader.GetInt32(0) - 1];
            written[segment.Id].Write(segment.Index, reader.GetInt64(1));
        }
    }

    private async Task CopyAsync(string statement, List<RowBatch> batches, CancellationToken cancellationToken)
    {
        var copy = await connection.BeginRawBinaryCopyAsync(statement, cancellationToken);
        try
        {
            await copy.WriteAsync(BinaryCopy.Header, cancellationToken);
            foreach (var batch in batches)
                await copy.WriteAsync(batch.Tuples, cancellationToken);
            await copy.WriteAsync(BinaryCopy.Trailer, cancellationToken);
        }
        catch
        {
            // Disposing alone would say that the copy is complete.
            await CancelAsync(copy);
            throw;
        }

        await copy.DisposeAsync();
    }

    private static async Task CancelAsync(NpgsqlRawCopyStream copy)
    {
        try
        {
            await copy.CancelAsync();
        }
        catch (Exception failure) when (PostgresErrors.IsOurs(failure) || failure is InvalidOperationException)
        {
            // The failure that led here is the one to tell.
        }
    }

    private static IEnumerable<List<RowBatch>> GroupByColumns(IEnumerable<RowBatch> batches)
    {
        List<RowBatch>? group = null;
        foreach (var batch in batches)
        {
            if (group is not null && group[0].Columns.SequenceEqual(batch.Columns))
            {
                group.Add(batch);
                continue;
            }

            if (group is not null)
                yield return group;
            group = [batch];
        }

        if (group is not null)
            yield return group;
    }
}
