using System.Security.Cryptography;
using System.Text;
using Ingest.Messaging;
using Ingest.Pipelines.Definition;

namespace Ingest.Writer.Postgres;

/// <summary>The statements of one pipeline, made once. Identifiers are quoted; values are parameters or COPY.</summary>
internal sealed class Sql(PipelineDefinition pipeline)
{
    public string Table { get; } = pipeline.Table.Schema is null
        ? Quote(pipeline.Table.Name)
        : $"{Quote(pipeline.Table.Schema)}.{Quote(pipeline.Table.Name)}";

    private string Key { get; } = string.Join(", ", pipeline.Key.Select(Quote));

    public static string Quote(string identifier) => "\"" + identifier.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

    public string CreateTable()
    {
        var columns = pipeline.Columns.Select(c =>
            $"{Quote(c.Name)} {c.Type.SqlName()}{(c.Required || pipeline.Key.Contains(c.Name) ? " NOT NULL" : "")}");
        var key = pipeline.Key.Count > 0 ? $", PRIMARY KEY ({Key})" : "";
        return $"CREATE TABLE IF NOT EXISTS {Table} ({string.Join(", ", columns)}{key})";
    }

    public string AddColumn(ColumnDefinition column) =>
        $"ALTER TABLE {Table} ADD COLUMN IF NOT EXISTS {Quote(column.Name)} {column.Type.SqlName()}";

    public string Copy(IReadOnlyList<RowColumn> columns) => $"COPY {Table} ({Names(columns)}) FROM STDIN (FORMAT BINARY)";

    public static string CopyForMerge(IReadOnlyList<RowColumn> columns) =>
        $"COPY {MergeTable(columns)} ({Names(columns)}) FROM STDIN (FORMAT BINARY)";

    /// <summary>
    /// Where a merge's rows wait. It is the session's own, stays for the next transaction, and numbers its rows from 1: to
    /// make one costs dozens of rows in the system's catalogs, which one for each transaction would swell. The answer is
    /// how many bytes it has, which are of rows before: a commit empties it, and what is undone leaves its own behind.
    /// </summary>
    public static string PrepareMergeTable(IReadOnlyList<RowColumn> columns) =>
        $"""
        CREATE TEMP TABLE IF NOT EXISTS {MergeName(columns)} ({MergeColumns(columns)}) ON COMMIT DELETE ROWS;
        SELECT pg_relation_size('{MergeTable(columns)}')
        FROM setval(pg_get_serial_sequence('{MergeTable(columns)}', '{OrderName(columns)}'), 1, false)
        """;

    public static string EmptyMergeTable(IReadOnlyList<RowColumn> columns) => $"TRUNCATE {MergeTable(columns)}";

    /// <summary>So that parts of the merge table are found quickly.</summary>
    public static string IndexMergeTable(IReadOnlyList<RowColumn> columns) => $"CREATE INDEX ON {MergeTable(columns)} ({Order(columns)})";

    /// <summary>An index leaves statistics, which are wrong for the rows of others.</summary>
    public static string DropMergeTable(IReadOnlyList<RowColumn> columns) => $"DROP TABLE {MergeTable(columns)}";

    /// <summary>The rows from place $1 to before $2, all of them; for a table without a key.</summary>
    public string Append(IReadOnlyList<RowColumn> columns) =>
        $"""
        INSERT INTO {Table} ({Names(columns)})
        SELECT {Names(columns)} FROM {MergeTable(columns)}
        WHERE {Order(columns)} > $1 AND {Order(columns)} <= $2 ORDER BY {Order(columns)}
        """;

    /// <summary>Writes no row, and fails where none may be written.</summary>
    public string InsertNothing(IReadOnlyList<RowColumn> columns) =>
        $"INSERT INTO {Table} ({Names(columns)}) SELECT {string.Join(", ", columns.Select(c => $"NULL::{c.Type.SqlName()}"))} WHERE false";

    /// <summary>
    /// Of the rows from place $2 to before $3 one winner for each key (the first copy, or with update the last) goes
    /// into the table; $1 holds the place of each piece's first row, and the answer how many winners each piece had, and
    /// how many of them were written. Places begin at 0, the order at 1. Keys are compared as the table stores them, which
    /// may be coarser than the rows' (numeric(12,2)); one that a trigger changes is not found again and counts as a duplicate.
    /// </summary>
    public string Merge(IReadOnlyList<RowColumn> columns, TableColumns table)
    {
        var update = pipeline.OnDuplicate == OnDuplicate.Update;
        var others = columns.Where(c => !pipeline.Key.Contains(c.Name)).ToArray();
        var conflict = update && others.Length > 0
            ? $"DO UPDATE SET {string.Join(", ", others.Select(c => $"{Quote(c.Name)} = EXCLUDED.{Quote(c.Name)}"))}"
            : "DO NOTHING";
        var written = $"r.{Quote(pipeline.Key[0])}";
        var stored = string.Join(", ", columns.Select(c =>
            pipeline.Key.Contains(c.Name) ? $"{Quote(c.Name)}::{table.DeclaredType(c)} AS {Quote(c.Name)}" : Quote(c.Name)));
        return $"""
            WITH winners AS (
                SELECT DISTINCT ON ({Key}) * FROM (
                    SELECT {stored}, {Order(columns)} FROM {MergeTable(columns)}
                    WHERE {Order(columns)} > $2 AND {Order(columns)} <= $3) staged
                ORDER BY {Key}, {Order(columns)} {(update ? "DESC" : "ASC")}
            ), written AS (
                INSERT INTO {Table} ({Names(columns)})
                SELECT {Names(columns)} FROM winners ORDER BY {Key}
                ON CONFLICT ({Key}) {conflict}
                RETURNING {Key}
            )
            SELECT width_bucket(w.{Order(columns)} - 1, $1::bigint[]) - 1, count(*), count({written})
            FROM winners w LEFT JOIN written r USING ({Key}) GROUP BY 1
            """;
    }

    public const string CreateLedger =
        """
        CREATE TABLE IF NOT EXISTS ingest_batches (
            pipeline text NOT NULL, batch_id uuid NOT NULL, definition text NOT NULL,
            lines bigint NOT NULL, written bigint NOT NULL, duplicate bigint NOT NULL,
            filtered bigint NOT NULL, rejected bigint NOT NULL, committed_at timestamptz NOT NULL,
            PRIMARY KEY (pipeline, batch_id));
        CREATE TABLE IF NOT EXISTS ingest_segments (
            pipeline text NOT NULL, batch_id uuid NOT NULL, source_id uuid NOT NULL,
            first_line bigint NOT NULL, next_line bigint NOT NULL,
            byte_offset bigint NOT NULL, byte_length bigint NOT NULL,
            lines bigint NOT NULL, written bigint NOT NULL, duplicate bigint NOT NULL,
            filtered bigint NOT NULL, rejected bigint NOT NULL);
        CREATE TABLE IF NOT EXISTS ingest_sources (
            pipeline text NOT NULL, source_id uuid NOT NULL, source text NOT NULL, definition text NOT NULL,
            lines bigint NOT NULL, last_line bigint NOT NULL, bytes bigint NOT NULL, ended_at timestamptz NOT NULL,
            PRIMARY KEY (pipeline, source_id));
        CREATE TABLE IF NOT EXISTS ingest_rejects (
            pipeline text NOT NULL, batch_id uuid NOT NULL, source text NOT NULL, line bigint NOT NULL,
            reason text NOT NULL, column_name text, detail text, sqlstate text,
            raw bytea NOT NULL, raw_length bigint NOT NULL, rejected_at timestamptz NOT NULL);
        """;

    /// <summary>A ledger that an earlier release made may lack them.</summary>
    public const string CreateLedgerIndexes =
        """
        CREATE INDEX IF NOT EXISTS ingest_segments_batch ON ingest_segments (batch_id);
        CREATE INDEX IF NOT EXISTS ingest_segments_place ON ingest_segments (source_id, byte_offset);
        """;

    public const string IsDurable = "SELECT current_setting('fsync')::boolean";

    public const string HasSchema = "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)";

    public const string HasTable = "SELECT to_regclass($1) IS NOT NULL";

    public const string HasLedger =
        """
        SELECT bool_and(to_regclass(name) IS NOT NULL)
        FROM unnest(ARRAY['ingest_batches', 'ingest_segments', 'ingest_sources', 'ingest_rejects']) AS name
        """;

    public const string HasLedgerIndexes =
        """
        SELECT count(*) = 2 FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE i.indrelid = to_regclass('ingest_segments') AND c.relname IN ('ingest_segments_batch', 'ingest_segments_place')
        """;

    /// <summary>Makes concurrent writers create tables one after the other.</summary>
    public const string LockCreation = "SELECT pg_advisory_xact_lock(hashtextextended('ingest create tables', 0))";

    /// <summary>The table and its partitions; a row-level trigger before an insert (7: row, before, insert) may drop rows.</summary>
    public const string DescribeTable =
        """
        SELECT c.relkind::text, parts.kind, parts.drops_rows, a.attname, a.atttypid::regtype::text,
               a.attnotnull AND NOT a.atthasdef AND a.attidentity = '', false,
               format_type(a.atttypid, a.atttypmod)
        FROM pg_class c
        CROSS JOIN LATERAL (
            SELECT max(CASE WHEN r.relkind = 'f' THEN 'foreign' WHEN r.relpersistence = 'u' THEN 'unlogged' ELSE '' END) AS kind,
                   bool_or(EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = r.oid AND NOT t.tgisinternal
                                   AND t.tgenabled <> 'D' AND t.tgtype & 7 = 7)) AS drops_rows
            FROM (SELECT c.oid UNION SELECT relid FROM pg_partition_tree(CASE c.relkind WHEN 'p' THEN c.oid END)) part
            JOIN pg_class r ON r.oid = part.oid) parts
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.oid = to_regclass($1) ORDER BY a.attnum
        """;

    /// <summary>
    /// The same at a fifth of the cost, which each transaction has, for a table without partitions and triggers; the last
    /// column but one says whether it is one. Constraints that may be deferred, and references, are triggers here.
    /// </summary>
    public const string DescribePlainTable =
        """
        SELECT c.relkind::text, CASE c.relpersistence WHEN 'u' THEN 'unlogged' ELSE '' END, false, a.attname, a.atttypid::regtype::text,
               a.attnotnull AND NOT a.atthasdef AND a.attidentity = '', c.relkind = 'r' AND NOT c.relhastriggers,
               format_type(a.atttypid, a.atttypmod)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.oid = to_regclass($1) ORDER BY a.attnum
        """;

    public const string HasUniqueIndex =
        """
        SELECT EXISTS (
            SELECT FROM pg_index i
            WHERE i.indrelid = to_regclass($1) AND i.indisunique AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
              AND (SELECT array_agg(a.attname::text ORDER BY a.attname::text) FROM pg_attribute a
                   WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey::int2[])) = $2)
        """;

    /// <summary>
    /// Whatever the role's defaults are: a commit that may vanish in a crash is none, nobody waits for a lock for ever,
    /// a statement that takes too long fails, its session alive, and a session whose client is gone ends and lets its locks go.
    /// </summary>
    public const string BeginSession =
        """
        SELECT set_config('synchronous_commit', 'on', true), set_config('lock_timeout', $1, true),
               set_config('statement_timeout', $2, true), set_config('tcp_user_timeout', '30s', true)
        """;

    /// <summary>What is to be made may take long, but nobody waits for a lock for ever.</summary>
    public const string BeginSetup = "SET LOCAL lock_timeout TO '30s'; SET LOCAL statement_timeout TO 0";

    /// <summary>
    /// Ends sessions of ours whose client stands still in the middle of a transaction, $1 seconds old, that writes the
    /// ledger: neither statement nor idle time-outs touch a client that is frozen inside COPY.
    /// </summary>
    public const string EndStuckSessions =
        """
        SELECT count(pg_terminate_backend(a.pid))
        FROM pg_stat_activity a
        WHERE a.pid <> pg_backend_pid() AND a.datname = current_database() AND a.usename = current_user
          AND a.application_name = current_setting('application_name') AND a.wait_event_type = 'Client'
          AND a.xact_start <= clock_timestamp() - make_interval(secs => $1)
          AND EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.granted AND l.relation = to_regclass('ingest_batches'))
        """;

    public string LockTable => $"LOCK TABLE {Table} IN ROW EXCLUSIVE MODE";

    /// <summary>Only batches that nobody wrote before come back, and sorted, so that two writers cannot deadlock.</summary>
    public const string InsertBatches =
        """
        INSERT INTO ingest_batches (pipeline, batch_id, definition, lines, written, duplicate, filtered, rejected, committed_at)
        SELECT $1, b.id, b.definition, b.lines, b.written, 0, b.filtered, b.rejected, clock_timestamp()
        FROM unnest($2::uuid[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
             AS b (id, definition, lines, written, filtered, rejected)
        ORDER BY b.id
        ON CONFLICT DO NOTHING RETURNING batch_id
        """;

    public const string CorrectBatches =
        """
        UPDATE ingest_batches SET written = c.written, duplicate = c.duplicate, rejected = c.rejected
        FROM unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[]) AS c (id, written, duplicate, rejected)
        WHERE pipeline = $1 AND batch_id = c.id
        """;

    public const string InsertSegments =
        """
        INSERT INTO ingest_segments (pipeline, batch_id, source_id, first_line, next_line, byte_offset, byte_length,
                                     lines, written, duplicate, filtered, rejected)
        SELECT $1, s.* FROM unnest($2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
                                   $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[]) AS s
        """;

    /// <summary>An end that is delivered again does not replace a newer one.</summary>
    public const string InsertSources =
        """
        INSERT INTO ingest_sources (pipeline, source_id, source, definition, lines, last_line, bytes, ended_at)
        SELECT $1, s.* FROM unnest($2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::timestamptz[]) AS s
        ON CONFLICT (pipeline, source_id) DO UPDATE SET lines = EXCLUDED.lines, last_line = EXCLUDED.last_line,
            bytes = EXCLUDED.bytes, ended_at = EXCLUDED.ended_at
            WHERE EXCLUDED.ended_at >= ingest_sources.ended_at
        """;

    public const string InsertRejects =
        """
        INSERT INTO ingest_rejects (pipeline, batch_id, source, line, reason, column_name, detail, sqlstate, raw, raw_length, rejected_at)
        SELECT $1, r.*, clock_timestamp()
        FROM unnest($2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bytea[], $10::bigint[]) AS r
        """;

    public const string FindBatches =
        """
        SELECT batch_id, source_id, lines, written, duplicate, filtered, rejected
        FROM ingest_segments WHERE pipeline = $1 AND batch_id = ANY ($2)
        UNION ALL
        SELECT batch_id, NULL, lines, written, duplicate, filtered, rejected
        FROM ingest_batches WHERE pipeline = $1 AND batch_id = ANY ($2)
        ORDER BY batch_id
        """;

    public const string ReadSource =
        """
        SELECT batch_id, first_line, next_line, byte_offset, byte_length, lines, written, duplicate, filtered, rejected
        FROM ingest_segments WHERE pipeline = $1 AND source_id = $2 ORDER BY byte_offset, byte_length
        """;

    /// <summary>
    /// Looks at the nearest segments before each place, which the index finds; of a file that has changed several may
    /// begin at one place.
    /// </summary>
    public const string FindEnds =
        """
        SELECT p.source_id, p.place FROM unnest($2::uuid[], $3::bigint[]) AS p (source_id, place)
        WHERE EXISTS (
            SELECT FROM (
                SELECT s.byte_offset + s.byte_length AS ends FROM ingest_segments s
                WHERE s.pipeline = $1 AND s.source_id = p.source_id AND s.byte_offset < p.place
                ORDER BY s.byte_offset DESC LIMIT 8) AS near
            WHERE near.ends = p.place)
        """;

    /// <summary>Of the definitions $2 those under which rows are written, the batches $3 aside.</summary>
    public const string WrittenDefinitions =
        """
        SELECT d.definition FROM unnest($2::text[]) AS d (definition)
        WHERE EXISTS (
            SELECT FROM ingest_batches b
            WHERE b.pipeline = $1 AND b.definition = d.definition AND b.written + b.duplicate > 0 AND b.batch_id <> ALL ($3))
        """;

    public const string ReadDefinitions = "SELECT DISTINCT definition FROM ingest_batches WHERE pipeline = $1";

    /// <summary>The same rows have the same table, whatever the pipeline.</summary>
    private static string MergeName(IReadOnlyList<RowColumn> columns) =>
        $"ingest_merge_{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(MergeColumns(columns))).AsSpan(0, 8))}";

    private static string MergeTable(IReadOnlyList<RowColumn> columns) => $"pg_temp.{MergeName(columns)}";

    private static string MergeColumns(IReadOnlyList<RowColumn> columns) =>
        $"{string.Join(", ", columns.Select(c => $"{Quote(c.Name)} {c.Type.SqlName()}"))}, {Order(columns)} bigint GENERATED ALWAYS AS IDENTITY";

    private static string Order(IReadOnlyList<RowColumn> columns) => Quote(OrderName(columns));

    /// <summary>A name that no column has.</summary>
    private static string OrderName(IReadOnlyList<RowColumn> columns)
    {
        var name = "ingest_order";
        while (columns.Any(c => c.Name == name))
            name += "_";
        return name;
    }

    private static string Names(IReadOnlyList<RowColumn> columns) => string.Join(", ", columns.Select(c => Quote(c.Name)));
}
