using Ingest.TestSupport;
using Npgsql;

namespace Ingest.EndToEndTests.Chaos;

/// <summary>Holds the table, the rejects and the ledger against the producers' receipts.</summary>
internal sealed class LedgerAudit(PostgresDatabase database)
{
    private const string IsRow = $"NOT ({NumberedLines.IsFilteredSql}) AND NOT ({NumberedLines.IsMalformedSql})";

    /// <summary>Each counts what must not be there.</summary>
    private static readonly (string What, string Sql)[] Checks =
    [
        ("lines of receipted sources lost", $"SELECT count(*) FROM receipted_lines l WHERE keyed AND {IsRow} AND NOT EXISTS (SELECT FROM numbered r WHERE r.p = l.p AND r.n = l.n)"),
        ("lines of receipted sources without a key lost", $"SELECT count(*) FROM receipted_lines l WHERE NOT keyed AND {IsRow} AND NOT EXISTS (SELECT FROM keyless r WHERE r.p = l.p AND r.run = l.run AND r.n = l.n)"),
        ("rows twice", "SELECT count(*) FROM (SELECT FROM numbered GROUP BY p, n HAVING count(*) > 1) t"),
        ("rows without a key twice", "SELECT count(*) FROM (SELECT FROM keyless GROUP BY p, run, n HAVING count(*) > 1) t"),
        ("rows that are filtered or malformed", $"SELECT (SELECT count(*) FROM numbered WHERE NOT ({IsRow})) + (SELECT count(*) FROM keyless WHERE NOT ({IsRow}))"),
        ("malformed lines of receipted sources that are no reject", $"SELECT count(*) FROM receipted_lines l WHERE {NumberedLines.IsMalformedSql} AND NOT EXISTS (SELECT FROM rejected_lines r WHERE r.p = l.p AND r.run = l.run AND r.n = l.n)"),
        ("lines rejected twice", "SELECT count(*) FROM (SELECT FROM rejected_lines GROUP BY p, run, n HAVING count(*) > 1) t"),
        ("good lines rejected", $"SELECT count(*) FROM rejected_lines WHERE ({NumberedLines.IsMalformedSql}) IS NOT TRUE"),
        ("batches that do not balance", "SELECT count(*) FROM ingest_batches WHERE lines <> written + duplicate + filtered + rejected"),
        ("segments that do not balance", "SELECT count(*) FROM ingest_segments WHERE lines <> written + duplicate + filtered + rejected"),
        ("rows that the ledger miscounts", "SELECT abs((SELECT sum(written) FROM ingest_batches) - (SELECT count(*) FROM numbered) - (SELECT count(*) FROM keyless))::bigint"),
        ("rejects that the ledger miscounts", "SELECT abs((SELECT sum(rejected) FROM ingest_batches) - (SELECT count(*) FROM ingest_rejects))::bigint"),
        ("receipted sources without their end", "SELECT count(*) FROM receipted WHERE lines > 0 AND (pipeline, source, lines, bytes) NOT IN (SELECT pipeline, source, lines, bytes FROM ingest_sources)"),
        ("segments of receipted sources out of place",
            """
            SELECT count(*) FROM (
                SELECT first_line - lag(next_line, 1, 1::bigint) OVER w AS lines, byte_offset - lag(byte_offset + byte_length, 1, 0::bigint) OVER w AS bytes
                FROM ingest_segments JOIN ended USING (pipeline, source_id) WINDOW w AS (PARTITION BY source_id ORDER BY byte_offset)) g
            WHERE lines <> 0 OR bytes <> 0
            """),
        ("receipted sources whose segments do not add up to their end", $"SELECT count(*) FROM ended e WHERE {Incomplete}"),
        ("receipted sources whose filtered or rejected lines are miscounted",
            $"""
            SELECT count(*) FROM ended e
            WHERE (SELECT (coalesce(sum(filtered), 0), coalesce(sum(rejected), 0)) FROM ingest_segments s WHERE s.source_id = e.source_id)
                <> (SELECT (count(*) FILTER (WHERE {NumberedLines.IsFilteredSql})::numeric, count(*) FILTER (WHERE {NumberedLines.IsMalformedSql})::numeric)
                    FROM generate_series(e.first, e.first + e.lines - 1) n)
            """),
    ];

    private const string Incomplete =
        "(e.lines, e.bytes) <> (SELECT coalesce(sum(s.lines), 0), coalesce(sum(s.byte_length), 0) FROM ingest_segments s WHERE s.source_id = e.source_id)";

    /// <summary>Lays the receipts beside the ledger.</summary>
    public async Task EnterAsync(IEnumerable<ReceiptedRun> runs, string keyless)
    {
        // Those that were open when the database went are of no use.
        NpgsqlConnection.ClearAllPools();
        await database.ExecuteAsync(
            $"""
            CREATE TABLE receipted (pipeline text, keyed boolean, p integer, run integer, source text, first bigint, lines bigint, bytes bigint);
            CREATE VIEW numbered AS SELECT p, n FROM queued UNION ALL SELECT p, n FROM committed;
            CREATE VIEW receipted_lines AS SELECT keyed, p, run, n FROM receipted, generate_series(first, first + lines - 1) n;
            CREATE VIEW ended AS SELECT r.*, s.source_id FROM receipted r JOIN ingest_sources s USING (pipeline, source, lines, bytes);
            CREATE VIEW rejected_lines AS SELECT m[1]::integer AS p, m[2]::integer AS run, m[3]::bigint AS n
                FROM (SELECT regexp_match(convert_from(raw, 'UTF8'), '"p":(\d+),"run":(\d+),"n":(\d+)') AS m FROM ingest_rejects) r;
            """);
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        await using var copy = await connection.BeginTextImportAsync("COPY receipted FROM STDIN");
        foreach (var r in runs)
            await copy.WriteAsync($"{r.Pipeline}\t{r.Pipeline != keyless}\t{r.Producer}\t{r.Run}\t{r.Source}\t{r.First}\t{r.Lines}\t{r.Bytes}\n");
    }

    /// <summary>Whether all lines of all receipted sources are in the ledger.</summary>
    public async Task<bool> IsCompleteAsync() =>
        await database.ScalarAsync<long>("SELECT count(*) FROM receipted WHERE lines > 0") == await database.ScalarAsync<long>("SELECT count(*) FROM ended WHERE lines > 0")
        && await database.ScalarAsync<long>($"SELECT count(*) FROM ended e WHERE {Incomplete}") == 0;

    public async Task CheckAsync(Tally tally)
    {
        foreach (var (what, sql) in Checks)
        {
            var count = await database.ScalarAsync<long>(sql);
            tally.Log($"{count} {what}");
            if (count != 0)
                tally.Violated($"{count} {what}");
        }
    }

    public Task<string?> SumsAsync() => database.ScalarAsync<string>(
        """
        SELECT format('%s rows with a key, %s without; %s rejects; ledger: %s batches, %s lines = %s written + %s duplicate + %s filtered + %s rejected; %s sources ended',
            (SELECT count(*) FROM numbered), (SELECT count(*) FROM keyless), (SELECT count(*) FROM ingest_rejects),
            count(*), sum(lines), sum(written), sum(duplicate), sum(filtered), sum(rejected), (SELECT count(*) FROM ingest_sources))
        FROM ingest_batches
        """);
}
