using Ingest.Pipelines.Definition;
using Npgsql;

namespace Ingest.Writer.Postgres;

/// <summary>Copies rows into a table of the session's own, and moves parts of them into the target table.</summary>
internal sealed class MergeWriter(NpgsqlConnection connection, Sql sql, PipelineDefinition pipeline, TableColumns table)
{
    private readonly RowCopier _copier = new(connection);
    private RowSet? _staged;

    private RowSet Rows => _staged ?? throw new InvalidOperationException("No rows are staged.");

    public async Task StageAsync(RowSet rows, CancellationToken cancellationToken)
    {
        await using (var prepare = new NpgsqlCommand(Sql.PrepareMergeTable(rows.Columns), connection))
        {
            if (await prepare.ExecuteScalarAsync(cancellationToken) is not 0L)
                await ExecuteAsync(Sql.EmptyMergeTable(rows.Columns), cancellationToken);
        }

        await _copier.CopyAsync(Sql.CopyForMerge(rows.Columns), rows, rows.All, cancellationToken);
        _staged = rows;
    }

    public Task IndexAsync(CancellationToken cancellationToken) => ExecuteAsync(Sql.IndexMergeTable(Rows.Columns), cancellationToken);

    /// <summary>The next rows find none, and no index.</summary>
    public async Task DropAsync(CancellationToken cancellationToken)
    {
        await ExecuteAsync(Sql.DropMergeTable(Rows.Columns), cancellationToken);
        _staged = null;
    }

    /// <returns>How many rows of which piece count as written; a statement may still be undone.</returns>
    public Task<List<(int Piece, long Rows)>> InsertAsync(RowRange range, CancellationToken cancellationToken) =>
        pipeline.Key.Count == 0 ? AppendAsync(range, cancellationToken) : MergeAsync(range, cancellationToken);

    /// <summary>Without a key nothing but a statement of its own says how many rows of a piece a trigger let pass.</summary>
    private async Task<List<(int Piece, long Rows)>> AppendAsync(RowRange range, CancellationToken cancellationToken)
    {
        await using var append = new NpgsqlBatch(connection);
        var parts = Rows.Parts(range).ToList();
        if (parts.Count == 0)
            parts.Add((0, range));
        foreach (var (_, part) in parts)
        {
            append.BatchCommands.Add(new NpgsqlBatchCommand(sql.Append(Rows.Columns))
            {
                Parameters = { new() { Value = (long)part.From }, new() { Value = (long)part.To } },
            });
        }

        await append.ExecuteNonQueryAsync(cancellationToken);
        return [.. parts.Select((part, i) => (part.Piece, (long)append.BatchCommands[i].RecordsAffected))];
    }

    /// <summary>
    /// With update every row counts as written, also one that a later one replaces, but not those that a trigger dropped.
    /// </summary>
    private async Task<List<(int Piece, long Rows)>> MergeAsync(RowRange range, CancellationToken cancellationToken)
    {
        await using var merge = new NpgsqlCommand(sql.Merge(Rows.Columns, table), connection)
        {
            Parameters =
            {
                new() { Value = Rows.Firsts.Select(first => (long)first).ToArray() },
                new() { Value = (long)range.From },
                new() { Value = (long)range.To },
            },
        };
        await using var reader = await merge.ExecuteReaderAsync(cancellationToken);
        List<(int Piece, long Rows)> written = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            var lost = reader.GetInt64(1) - reader.GetInt64(2);
            written.Add((reader.GetInt32(0), pipeline.OnDuplicate == OnDuplicate.Update ? -lost : reader.GetInt64(2)));
        }

        if (pipeline.OnDuplicate == OnDuplicate.Update)
            written.AddRange(Rows.Parts(range).Select(p => (p.Piece, (long)p.Part.Count)));
        return written;
    }

    private async Task ExecuteAsync(string statements, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(statements, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
