using System.Buffers.Binary;
using System.Text;
using Ingest.Messaging;
using Ingest.Pipelines.Values;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Ingest.Writer.Sqlite;

/// <summary>
/// Inserts tuples row by row with a prepared statement, through SQLite's own interface: texts go from the batch to the
/// database without becoming strings.
/// </summary>
internal sealed class SqliteRowWriter(SqliteConnection connection, SqliteSql sql) : IDisposable
{
    private readonly sqlite3 _database = connection.Handle!;
    private IReadOnlyList<RowColumn> _columns = [];
    private sqlite3_stmt? _insert;

    public BatchOutcome Write(RowBatch batch)
    {
        Prepare(batch.Columns);
        var outcome = new BatchOutcome(batch);
        var tuples = batch.Tuples.Span;
        for (var i = 0; i < batch.Segments.Count; i++)
        {
            for (var row = 0; row < batch.Segments[i].Rows; row++)
                outcome.Write(i, Insert(ref tuples));
        }

        return outcome;
    }

    public void Dispose() => _insert?.Dispose();

    private void Prepare(IReadOnlyList<RowColumn> columns)
    {
        if (_insert is not null && _columns.SequenceEqual(columns))
            return;
        _insert?.Dispose();
        Check(raw.sqlite3_prepare_v3(_database, sql.Insert(columns), raw.SQLITE_PREPARE_PERSISTENT, out var statement));
        (_insert, _columns) = (statement, columns);
    }

    private int Insert(ref ReadOnlySpan<byte> tuples)
    {
        var fields = BinaryPrimitives.ReadInt16BigEndian(tuples);
        tuples = tuples[2..];
        for (var i = 0; i < fields; i++)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(tuples);
            tuples = tuples[4..];
            if (length < 0)
            {
                Check(raw.sqlite3_bind_null(_insert, i + 1));
                continue;
            }

            Check(Bind(i + 1, _columns[i].Type, tuples[..length]));
            tuples = tuples[length..];
        }

        var before = raw.sqlite3_total_changes(_database);
        var result = raw.sqlite3_step(_insert);
        raw.sqlite3_reset(_insert);
        if (result != raw.SQLITE_DONE)
            Check(result);
        return raw.sqlite3_total_changes(_database) - before > 0 ? 1 : 0;
    }

    private int Bind(int place, ColumnType type, ReadOnlySpan<byte> field) => type switch
    {
        ColumnType.SmallInt or ColumnType.Integer or ColumnType.BigInt => raw.sqlite3_bind_int64(_insert, place, FieldText.Integer(field)),
        ColumnType.Boolean => raw.sqlite3_bind_int64(_insert, place, FieldText.Boolean(field) ? 1 : 0),
        ColumnType.Real => BindDouble(place, FieldText.Real(field)),
        ColumnType.DoublePrecision => BindDouble(place, FieldText.DoublePrecision(field)),
        ColumnType.Text => BindText(place, field),
        ColumnType.Jsonb => BindText(place, FieldText.Jsonb(field)),
        ColumnType.Numeric => BindText(place, FieldText.Numeric(field)),
        ColumnType.Date => BindText(place, FieldText.Date(field)),
        ColumnType.TimestampTz => BindText(place, FieldText.TimestampTz(field)),
        ColumnType.Uuid => BindText(place, FieldText.Uuid(field)),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "The column's type is not known."),
    };

    /// <summary>SQLite turns a NaN into NULL; as text it stays what it is.</summary>
    private int BindDouble(int place, double value) =>
        double.IsNaN(value) ? BindText(place, "NaN"u8) : raw.sqlite3_bind_double(_insert, place, value);

    private int BindText(int place, string text) => BindText(place, Encoding.UTF8.GetBytes(text));

    /// <summary>An empty span has no address, and SQLite reads no address as NULL.</summary>
    private int BindText(int place, ReadOnlySpan<byte> utf8) =>
        utf8.IsEmpty ? raw.sqlite3_bind_text(_insert, place, "") : raw.sqlite3_bind_text(_insert, place, utf8);

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK)
            throw new SqliteException($"SQLite Error {result}: '{raw.sqlite3_errmsg(_database).utf8_to_string()}'.", result & 0xff, result);
    }
}
