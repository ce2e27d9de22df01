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

    private SqliteCommand Command(string statement, Guid id)
    {
        var command = connection.CreateCommand();
        command.CommandText = statement;
        command.Parameters.AddWithValue("$1", pipeline);
        command.Parameters.AddWithValue("$2", id.ToString());
        return command;
    }
}
