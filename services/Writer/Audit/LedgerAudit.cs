using System.Data.Common;
using System.Runtime.CompilerServices;
using Npgsql;

namespace Ingest.Writer.Audit;

/// <summary>What became of all lines of a pipeline: <c>Lines = Written + Duplicate + Filtered + Rejected</c>.</summary>
public sealed record LedgerTotals(long Lines, long Written, long Duplicate, long Filtered, long Rejected)
{
    /// <summary>False when the ledger itself is damaged: each row of it balances by construction.</summary>
    public bool IsBalanced => Lines == Written + Duplicate + Filtered + Rejected;
}

/// <summary>Reads a pipeline's ledger and checks it. The statements are both databases'.</summary>
internal sealed class LedgerAudit(DbConnection connection, string pipeline)
{
    public async Task<LedgerTotals> ReadTotalsAsync(CancellationToken cancellationToken)
    {
        await using var command = Command(
            """
            SELECT CAST(coalesce(sum(lines), 0) AS bigint), CAST(coalesce(sum(written), 0) AS bigint), CAST(coalesce(sum(duplicate), 0) AS bigint),
                   CAST(coalesce(sum(filtered), 0) AS bigint), CAST(coalesce(sum(rejected), 0) AS bigint)
            FROM ingest_batches WHERE pipeline = $1
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new LedgerTotals(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4));
    }

    /// <summary>Rejects by their reason.</summary>
    public async Task<IReadOnlyDictionary<string, long>> ReadRejectsAsync(CancellationToken cancellationToken)
    {
        await using var command = Command("SELECT reason, count(*) FROM ingest_rejects WHERE pipeline = $1 GROUP BY reason ORDER BY 2 DESC, 1");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rejects = new Dictionary<string, long>();
        while (await reader.ReadAsync(cancellationToken))
            rejects.Add(reader.GetString(0), reader.GetInt64(1));
        return rejects;
    }

    /// <summary>Every source in turn.</summary>
    public async IAsyncEnumerable<SourceAudit> ReadSourcesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var command = Command(
            """
            SELECT s.source_id, e.source, e.lines, e.bytes, s.byte_offset, s.byte_length, s.lines, s.next_line
            FROM ingest_segments s LEFT JOIN ingest_sources e ON e.pipeline = s.pipeline AND e.source_id = s.source_id
            WHERE s.pipeline = $1
            UNION ALL
            SELECT e.source_id, e.source, e.lines, e.bytes, 0, 0, 0, 1
            FROM ingest_sources e WHERE e.pipeline = $1
              AND NOT EXISTS (SELECT 1 FROM ingest_segments s WHERE s.pipeline = e.pipeline AND s.source_id = e.source_id)
            ORDER BY 1, 5, 6
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        Guid? sourceId = null;
        string? source = null;
        var chain = new SegmentChain(null);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (reader.GetGuid(0) is var id && id != sourceId)
            {
                if (sourceId is { } done)
                    yield return chain.Close(done, source);
                (sourceId, source) = (id, reader.IsDBNull(1) ? null : reader.GetString(1));
                chain = new SegmentChain(reader.IsDBNull(2) ? null : (reader.GetInt64(2), reader.GetInt64(3)));
            }

            chain.Add(reader.GetInt64(4), reader.GetInt64(5), reader.GetInt64(6), reader.GetInt64(7));
        }

        if (sourceId is { } last)
            yield return chain.Close(last, source);
    }

    private DbCommand Command(string text)
    {
        var command = connection.CreateCommand();
        command.CommandText = text;
        var parameter = command.CreateParameter();
        parameter.Value = pipeline;
        // Npgsql takes $1 by its place, SQLite by its name. A large ledger takes PostgreSQL its time to add up.
        if (connection is NpgsqlConnection)
            command.CommandTimeout = 0;
        else
            parameter.ParameterName = "$1";
        command.Parameters.Add(parameter);
        return command;
    }
}
