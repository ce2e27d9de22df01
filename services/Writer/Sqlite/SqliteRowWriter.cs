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

    /// <summary>Rows that passed, written or as duplicates.</summary>
    public int Passed { get; private set; }

    /// <summary>
    /// Writes the rows one by one: a statement that fails undoes itself and nothing else, and its row becomes a reject.
    /// </summary>
    /// <param name="batch">A new batch.</param>
    /// <param name="known">Rows whose refusal undid a whole transaction.</param>
    /// <exception cref="TransactionUndoneException">A row was refused, and the transaction with it.</exception>
    public BatchOutcome Write(RowBatch batch, IReadOnlyDictionary<(Guid Batch, int Row), RowRefusal> known)
    {
        Prepare(batch.Columns);
        var outcome = new BatchOutcome(batch);
        if (batch.Rows == 0)
            return outcome;
        var rows = RowSet.Of([outcome]).Single();
        for (var (i, row) = (0, 0); i < batch.Segments.Count; i++)
        {
            for (var last = row + batch.Segments[i].Rows; row < last; row++)
            {
                if (known.TryGetValue((batch.Id, row), out var earlier))
                    rows.Refuse(row, earlier);
                else if (Refusal(Insert(outcome.Tuples(row, 1).Span, out var changed)) is not { } refusal)
                    Pass(outcome, i, changed);
                else if (raw.sqlite3_get_autocommit(_database) != 0)
                    throw new TransactionUndoneException(batch.Id, row, refusal);
                else
                    rows.Refuse(row, refusal);
            }
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

    private void Pass(BatchOutcome outcome, int segment, int changed)
    {
        Passed++;
        outcome.Write(segment, changed);
    }

    /// <returns>SQLite's result code.</returns>
    private int Insert(ReadOnlySpan<byte> tuple, out int changed)
    {
        changed = 0;
        var fields = BinaryPrimitives.ReadInt16BigEndian(tuple);
        tuple = tuple[2..];
        for (var i = 0; i < fields; i++)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(tuple);
            tuple = tuple[4..];
            var bound = length < 0 ? raw.sqlite3_bind_null(_insert, i + 1) : Bind(i + 1, _columns[i].Type, tuple[..length]);
            if (bound != raw.SQLITE_OK)
                return bound;
            tuple = tuple[Math.Max(0, length)..];
        }

        // What triggers change is not among the changes, and each statement that is done sets them, DO NOTHING to 0.
        var result = raw.sqlite3_step(_insert);
        changed = result == raw.SQLITE_DONE ? raw.sqlite3_changes(_database) : 0;
        raw.sqlite3_reset(_insert);
        return result == raw.SQLITE_DONE ? raw.SQLITE_OK : result;
    }

    /// <returns>Null when the row passed.</returns>
    /// <exception cref="SqliteException">It is not the row.</exception>
    private RowRefusal? Refusal(int result)
    {
        if (result == raw.SQLITE_OK)
            return null;
        var message = raw.sqlite3_errmsg(_database).utf8_to_string();
        if ((result & 0xff) is not (raw.SQLITE_CONSTRAINT or raw.SQLITE_MISMATCH or raw.SQLITE_TOOBIG))
            Check(result);
        const string notNull = "NOT NULL constraint failed: ";
        var column = message.StartsWith(notNull, StringComparison.Ordinal) ? message[(message.LastIndexOf('.') + 1)..] : null;
        return new RowRefusal(RejectReason.ConstraintViolation, column, message, null);
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

/// <summary>SQLite refused a row and undid the whole transaction: a trigger or a constraint may ask for that.</summary>
internal sealed class TransactionUndoneException(Guid batch, int row, RowRefusal refusal) : Exception(refusal.Detail)
{
    public (Guid Batch, int Row) Place => (batch, row);

    public RowRefusal Refusal => refusal;
}
