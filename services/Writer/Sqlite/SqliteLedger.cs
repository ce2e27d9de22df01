using System.Globalization;
using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Microsoft.Data.Sqlite;

namespace Ingest.Writer.Sqlite;

/// <summary>The ledger's part of a transaction; the statements are those of PostgreSQL's, row by row.</summary>
internal sealed class SqliteLedger(SqliteConnection connection, PipelineDefinition pipeline, TimeProvider time)
{
    private readonly string _now = Time(time.GetUtcNow());

    /// <returns>False when the ledger knows the batch.</returns>
    public bool TryAdd(RowBatch batch) => Run(
        "INSERT INTO ingest_batches VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8) ON CONFLICT (pipeline, batch_id) DO NOTHING",
        pipeline.Name,
        batch.Id.ToString(),
        batch.Definition,
        batch.Segments.Sum(s => (long)s.Lines),
        batch.Rows,
        batch.Segments.Sum(s => (long)s.Filtered),
        batch.Segments.Sum(s => (long)s.Rejected),
        _now) > 0;

    public void Complete(BatchOutcome outcome)
    {
        var batch = outcome.Batch;
        var counts = outcome.Counts();
        var id = batch.Id.ToString();
        if (counts.Sum(c => c.Written) is var written && written < batch.Rows)
        {
            Run(
                "UPDATE ingest_batches SET written = $3, duplicate = $4, rejected = $5 WHERE pipeline = $1 AND batch_id = $2",
                pipeline.Name, id, written, counts.Sum(c => c.Duplicate), counts.Sum(c => c.Rejected));
        }

        for (var i = 0; i < batch.Segments.Count; i++)
        {
            var segment = batch.Segments[i];
            Run(
                "INSERT INTO ingest_segments VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
                pipeline.Name, id, segment.SourceId.ToString(), segment.FirstLine, segment.NextLine, segment.ByteOffset,
                segment.ByteLength, segment.Lines, counts[i].Written, counts[i].Duplicate, counts[i].Filtered, counts[i].Rejected);
        }

        foreach (var reject in outcome.Rejects)
        {
            Run(
                "INSERT INTO ingest_rejects VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                pipeline.Name, id, batch.Segments[reject.Segment].Source, reject.Line, reject.Reason.SqlName(), reject.Column,
                reject.Detail, reject.SqlState, reject.Raw.ToArray(), reject.RawLength, _now);
        }
    }

    public void AddEnds(RowBatch batch)
    {
        foreach (var end in batch.Ends)
        {
            Run(
                """
                INSERT INTO ingest_sources VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                ON CONFLICT (pipeline, source_id) DO UPDATE SET lines = excluded.lines, last_line = excluded.last_line,
                    bytes = excluded.bytes, ended_at = excluded.ended_at
                    WHERE excluded.ended_at >= ingest_sources.ended_at
                """,
                pipeline.Name, end.SourceId.ToString(), end.Source, batch.Definition, end.Lines, end.LastLine, end.Bytes, Time(end.EndedAt));
        }
    }

    /// <summary>As PostgreSQL prints it with TimeZone UTC.</summary>
    private static string Time(DateTimeOffset time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss.ffffff'+00'", CultureInfo.InvariantCulture);

    private int Run(string statement, params object?[] values)
    {
        using var command = connection.CreateCommand();
        command.CommandText = statement;
        for (var i = 0; i < values.Length; i++)
            command.Parameters.AddWithValue($"${i + 1}", values[i] ?? DBNull.Value);
        return command.ExecuteNonQuery();
    }
}
