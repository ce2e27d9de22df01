using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Microsoft.Data.Sqlite;

namespace Ingest.Writer.Sqlite;

/// <summary>The statements of one pipeline. Identifiers are quoted as PostgreSQL's are.</summary>
internal sealed class SqliteSql(PipelineDefinition pipeline)
{
    private readonly string _table = Quote(TableName(pipeline.Table));

    /// <summary>SQLite has no schemas: <c>social.comments</c> is the table <c>social_comments</c>.</summary>
    public static string TableName(TableName table) => table.ToString().Replace('.', '_');

    public static string TypeName(ColumnType type) => type switch
    {
        ColumnType.SmallInt or ColumnType.Integer or ColumnType.BigInt or ColumnType.Boolean => "INTEGER",
        ColumnType.Real or ColumnType.DoublePrecision => "REAL",
        _ => "TEXT",
    };

    public string DescribeTable =>
        $"SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_info({Literal(TableName(pipeline.Table))})";

    public string FindView => $"SELECT 1 FROM sqlite_master WHERE type = 'view' AND name = {Literal(TableName(pipeline.Table))} COLLATE NOCASE";

    public IEnumerable<string> CreateTables()
    {
        yield return
            """
            CREATE TABLE IF NOT EXISTS ingest_batches (
                pipeline TEXT NOT NULL, batch_id TEXT NOT NULL, definition TEXT NOT NULL,
                lines INTEGER NOT NULL, written INTEGER NOT NULL, duplicate INTEGER NOT NULL,
                filtered INTEGER NOT NULL, rejected INTEGER NOT NULL, committed_at TEXT NOT NULL,
                PRIMARY KEY (pipeline, batch_id))
            """;
        yield return
            """
            CREATE TABLE IF NOT EXISTS ingest_segments (
                pipeline TEXT NOT NULL, batch_id TEXT NOT NULL, source_id TEXT NOT NULL,
                first_line INTEGER NOT NULL, next_line INTEGER NOT NULL,
                byte_offset INTEGER NOT NULL, byte_length INTEGER NOT NULL,
                lines INTEGER NOT NULL, written INTEGER NOT NULL, duplicate INTEGER NOT NULL,
                filtered INTEGER NOT NULL, rejected INTEGER NOT NULL)
            """;
        yield return "CREATE INDEX IF NOT EXISTS ingest_segments_batch ON ingest_segments (batch_id)";
        yield return "CREATE INDEX IF NOT EXISTS ingest_segments_place ON ingest_segments (source_id, byte_offset)";
        yield return
            """
            CREATE TABLE IF NOT EXISTS ingest_sources (
                pipeline TEXT NOT NULL, source_id TEXT NOT NULL, source TEXT NOT NULL, definition TEXT NOT NULL,
                lines INTEGER NOT NULL, last_line INTEGER NOT NULL, bytes INTEGER NOT NULL, ended_at TEXT NOT NULL,
                PRIMARY KEY (pipeline, source_id))
            """;
        yield return
            """
            CREATE TABLE IF NOT EXISTS ingest_rejects (
                pipeline TEXT NOT NULL, batch_id TEXT NOT NULL, source TEXT NOT NULL, line INTEGER NOT NULL,
                reason TEXT NOT NULL, column_name TEXT, detail TEXT, sqlstate TEXT,
                raw BLOB NOT NULL, raw_length INTEGER NOT NULL, rejected_at TEXT NOT NULL)
            """;

        var columns = pipeline.Columns.Select(c =>
            $"{Quote(c.Name)} {TypeName(c.Type)}{(c.Required || pipeline.Key.Contains(c.Name) ? " NOT NULL" : "")}");
        var key = pipeline.Key.Count > 0 ? $", PRIMARY KEY ({Names(pipeline.Key)})" : "";
        yield return $"CREATE TABLE IF NOT EXISTS {_table} ({string.Join(", ", columns)}{key})";
    }

    public string AddColumn(ColumnDefinition column) =>
        $"ALTER TABLE {_table} ADD COLUMN {Quote(column.Name)} {TypeName(column.Type)}";

    /// <summary>One row. A statement that changes nothing met a duplicate key; no other conflict is passed over.</summary>
    public string Insert(IReadOnlyList<RowColumn> columns)
    {
        var others = columns.Where(c => !pipeline.Key.Contains(c.Name)).ToArray();
        var conflict = pipeline switch
        {
            { Key.Count: 0 } => "",
            { OnDuplicate: OnDuplicate.Update } when others.Length > 0 =>
                $" ON CONFLICT ({Names(pipeline.Key)}) DO UPDATE SET {string.Join(", ", others.Select(c => $"{Quote(c.Name)} = excluded.{Quote(c.Name)}"))}",
            _ => $" ON CONFLICT ({Names(pipeline.Key)}) DO NOTHING",
        };
        return $"INSERT INTO {_table} ({Names(columns.Select(c => c.Name))}) VALUES ({string.Join(", ", columns.Select(_ => "?"))}){conflict}";
    }

    public bool HasUniqueIndex(SqliteConnection connection)
    {
        var table = Literal(TableName(pipeline.Table));
        using var command = connection.CreateCommand();
        command.CommandText =
            $"""
            SELECT group_concat(name, char(10)) FROM (SELECT name FROM pragma_table_info({table}) WHERE pk > 0 ORDER BY name)
            UNION ALL
            SELECT (SELECT group_concat(name, char(10)) FROM (SELECT name FROM pragma_index_info(l.name) ORDER BY name))
            FROM pragma_index_list({table}) l WHERE l."unique" AND NOT l.partial
            """;
        using var reader = command.ExecuteReader();
        var wanted = string.Join('\n', pipeline.Key.Order(StringComparer.Ordinal));
        while (reader.Read())
        {
            if (!reader.IsDBNull(0) && reader.GetString(0) == wanted)
                return true;
        }

        return false;
    }

    private static string Quote(string identifier) => Postgres.Sql.Quote(identifier);

    private static string Literal(string text) => "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";

    private static string Names(IEnumerable<string> names) => string.Join(", ", names.Select(Quote));
}
