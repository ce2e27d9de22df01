using Microsoft.Data.Sqlite;

namespace Ingest.Writer.Sqlite;

/// <summary>Asks the ledger; the statements are those of PostgreSQL's, batch by batch.</summary>
internal sealed class SqliteLedgerReader(SqliteConnection connection, string pipeline)
{
    public IReadOnlyList<CommittedBatch> Find(IReadOnlyList<Guid> ids)
    {
        var found = new LedgerEntries();
        foreach (var id in ids)
        {
            using var command = Command(
                """
                SELECT source_id, lines, written, duplicate, filtered, rejected
                FROM ingest_segments WHERE pipeline = $1 AND batch_id = $2
                UNION ALL
                SELECT NULL, lines, written, duplicate, filtered, rejected
                FROM ingest_batches WHERE pipeline = $1 AND batch_id = $2
                """,
                id);
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                found.Add(
                    id, reader.IsDBNull(0) ? null : Guid.Parse(reader.GetString(0)), reader.GetInt64(1), reader.GetInt64(2),
                    reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5));
            }
        }

        return found.ToBatches();
    }

    public IReadOnlyList<SourcePlace> FindEnds(IReadOnlyList<SourcePlace> places) => [.. places.Where(place =>
    {
        using var command = Command(
            """
            SELECT EXISTS (
                SELECT 1 FROM (
                    SELECT byte_offset + byte_length AS ends FROM ingest_segments
                    WHERE pipeline = $1 AND source_id = $2 AND byte_offset < $3 ORDER BY byte_offset DESC LIMIT 8)
                WHERE ends = $3)
            """,
            place.SourceId,
            place.Offset);
        return (long)command.ExecuteScalar()! != 0;
    })];

    public IReadOnlyList<string> ReadDefinitions()
    {
        using var command = Command("SELECT DISTINCT definition FROM ingest_batches WHERE pipeline = $1");
        using var reader = command.ExecuteReader();
        List<string> definitions = [];
        while (reader.Read())
            definitions.Add(reader.GetString(0));
        return definitions;
    }

    public IReadOnlyList<LedgerSegment> ReadSource(Guid sourceId)
    {
        using var command = Command(
            """
            SELECT batch_id, first_line, next_line, byte_offset, byte_length, lines, written, duplicate, filtered, rejected
            FROM ingest_segments WHERE pipeline = $1 AND source_id = $2 ORDER BY byte_offset, byte_length
            """,
            sourceId);
        using var reader = command.ExecuteReader();
        var segments = new List<LedgerSegment>();
        while (reader.Read())
        {
            segments.Add(new LedgerSegment(
                Guid.Parse(reader.GetString(0)),
                reader.GetInt64(1),
                reader.GetInt64(2),
                reader.GetInt64(3),
                reader.GetInt64(4),
                new SegmentCounts(
                    sourceId, reader.GetInt64(5), reader.GetInt64(6), reader.GetInt64(7), reader.GetInt64(8), reader.GetInt64(9))));
        }

        return segments;
    }

    /// <summary>$1 is the pipeline.</summary>
    private SqliteCommand Command(string statement, params object[] values)
    {
        var command = connection.CreateCommand();
        command.CommandText = statement;
        command.Parameters.AddWithValue("$1", pipeline);
        for (var i = 0; i < values.Length; i++)
            command.Parameters.AddWithValue($"${i + 2}", values[i] is Guid id ? id.ToString() : values[i]);
        return command;
    }
}
