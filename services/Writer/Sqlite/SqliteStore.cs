using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Microsoft.Data.Sqlite;

namespace Ingest.Writer.Sqlite;

/// <summary>Writes to a SQLite file: WAL, and a commit is on the disk before it returns.</summary>
internal sealed class SqliteStore(string connectionString, string file, PipelineDefinition pipeline, TimeProvider time) : IRowStore
{
    /// <summary>So many rows are refused without one that passes before it is the table's fault.</summary>
    private const int FewRefusals = 100;

    private readonly SqliteSql _sql = new(pipeline);
    private int _refusedSincePass;
    private SqliteConnection? _connection;
    private SqliteRowWriter? _rows;

    public Task PrepareAsync(CancellationToken cancellationToken) => Guard(() =>
    {
        var connection = Open();
        Run(connection, "BEGIN IMMEDIATE");
        try
        {
            foreach (var statement in _sql.CreateTables())
                Run(connection, statement);
            CheckColumns(connection);
            Run(connection, "COMMIT");
        }
        catch
        {
            RollBack(connection);
            throw;
        }

        return true;
    });

    public Task<IReadOnlyList<CommittedBatch>> CommitAsync(IReadOnlyList<RowBatch> batches, CancellationToken cancellationToken) => Guard<IReadOnlyList<CommittedBatch>>(() =>
    {
        Dictionary<(Guid Batch, int Row), RowRefusal> known = [];
        while (true)
        {
            try
            {
                return Commit(Open(), batches, known, cancellationToken);
            }
            catch (TransactionUndoneException undone)
            {
                known.Add(undone.Place, undone.Refusal);
            }
        }
    });

    public Task<IReadOnlyList<CommittedBatch>> FindAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken) =>
        Guard(() => new SqliteLedgerReader(Open(), pipeline.Name).Find(ids));

    public Task<IReadOnlyList<LedgerSegment>> ReadSourceAsync(Guid sourceId, CancellationToken cancellationToken) =>
        Guard(() => new SqliteLedgerReader(Open(), pipeline.Name).ReadSource(sourceId));

    public Task<IReadOnlyList<SourcePlace>> FindEndsAsync(IReadOnlyList<SourcePlace> places, CancellationToken cancellationToken) =>
        Guard(() => new SqliteLedgerReader(Open(), pipeline.Name).FindEnds(places));

    public Task<IReadOnlyList<string>> ReadDefinitionsAsync(CancellationToken cancellationToken) =>
        Guard(() => new SqliteLedgerReader(Open(), pipeline.Name).ReadDefinitions());

    public ValueTask DisposeAsync()
    {
        _rows?.Dispose();
        _connection?.Dispose();
        return ValueTask.CompletedTask;
    }

    private List<CommittedBatch> Commit(
        SqliteConnection connection,
        IReadOnlyList<RowBatch> batches,
        IReadOnlyDictionary<(Guid Batch, int Row), RowRefusal> known,
        CancellationToken cancellationToken)
    {
        Run(connection, "BEGIN IMMEDIATE");
        try
        {
            var ledger = new SqliteLedger(connection, pipeline, time);
            var rows = _rows ??= new SqliteRowWriter(connection, _sql);
            var passed = rows.Passed;
            var (refused, reason) = (0, "");
            var committed = new List<CommittedBatch>(batches.Count);
            foreach (var batch in batches)
            {
                cancellationToken.ThrowIfCancellationRequested();
                ledger.AddEnds(batch);
                if (!ledger.TryAdd(batch))
                {
                    committed.Add(CommittedBatch.Known(batch));
                    continue;
                }

                var outcome = rows.Write(batch, known);
                ledger.Complete(outcome);
                committed.Add(CommittedBatch.Of(batch.Id, already: false, outcome.Counts()));
                refused += outcome.Refused;
                reason = outcome.Refused > 0 ? outcome.Rejects.Last().Detail : reason;
            }

            var sincePass = rows.Passed > passed ? 0 : _refusedSincePass + refused;
            if (sincePass > FewRefusals)
                throw new StoreRefusedException($"table {SqliteSql.TableName(pipeline.Table)} in {file} takes no row: {reason}; change the table or {pipeline.File}.");
            Run(connection, "COMMIT");
            _refusedSincePass = sincePass;
            return committed;
        }
        catch
        {
            RollBack(connection);
            throw;
        }
    }

    internal static void Run(SqliteConnection connection, string statement)
    {
        using var command = connection.CreateCommand();
        command.CommandText = statement;
        command.ExecuteNonQuery();
    }

    private static void RollBack(SqliteConnection connection)
    {
        try
        {
            Run(connection, "ROLLBACK");
        }
        catch (SqliteException)
        {
            // SQLite has rolled back already, and the first failure is the one to tell.
        }
    }

    /// <summary>The store's only connection.</summary>
    internal SqliteConnection Open()
    {
        if (_connection is not null)
            return _connection;
        var connection = new SqliteConnection(connectionString);
        try
        {
            connection.Open();
            Run(connection, "PRAGMA journal_mode = WAL");
            Run(connection, "PRAGMA synchronous = FULL");
        }
        catch
        {
            connection.Dispose();
            throw;
        }

        return _connection = connection;
    }

    private void CheckColumns(SqliteConnection connection)
    {
        var found = new Dictionary<string, (string Type, bool NeedsValue)>(StringComparer.OrdinalIgnoreCase);
        using (var command = connection.CreateCommand())
        {
            command.CommandText = _sql.DescribeTable;
            using var reader = command.ExecuteReader();
            while (reader.Read())
                found[reader.GetString(0)] = (reader.GetString(1), reader.GetBoolean(2) && reader.IsDBNull(3) && reader.GetInt32(4) == 0);
        }

        // Whether a trigger has stored what a view is given SQLite does not say.
        if (IsView(connection))
            throw Mismatch("is a view, which tells nothing of what became of a row");
        foreach (var column in pipeline.Columns)
        {
            var wanted = SqliteSql.TypeName(column.Type);
            if (!found.TryGetValue(column.Name, out var there))
            {
                if (column.Required || pipeline.Key.Contains(column.Name))
                    throw Mismatch($"has no column \"{column.Name}\", which is required and cannot be added to existing rows");
                Run(connection, _sql.AddColumn(column));
            }
            else if (!there.Type.Equals(wanted, StringComparison.OrdinalIgnoreCase))
            {
                throw Mismatch($"has column \"{column.Name}\" of type {there.Type}, the definition says {column.Type.SqlName()}, which is {wanted} in SQLite");
            }
        }

        var extra = found.FirstOrDefault(c => c.Value.NeedsValue && pipeline.Columns.All(d => !d.Name.Equals(c.Key, StringComparison.OrdinalIgnoreCase)));
        if (extra.Key is not null)
            throw Mismatch($"has column \"{extra.Key}\", which must not be null, has no default and is not in the definition");
        if (pipeline.Key.Count > 0 && !_sql.HasUniqueIndex(connection))
            throw Mismatch($"has no primary key or unique index on ({string.Join(", ", pipeline.Key)}), the definition's key");
    }

    private bool IsView(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = _sql.FindView;
        return command.ExecuteScalar() is not null;
    }

    private StoreRefusedException Mismatch(string difference) =>
        new($"table {SqliteSql.TableName(pipeline.Table)} in {file} {difference}; change the table, {pipeline.File}, or take another file.");

    private Task<T> Guard<T>(Func<T> work)
    {
        const int busy = 5;
        const int locked = 6;
        try
        {
            return Task.FromResult(work());
        }
        catch (SqliteException failure) when (failure.SqliteErrorCode is busy or locked)
        {
            throw new StoreAwayException($"{file} is locked by another program", failure);
        }
        catch (SqliteException failure)
        {
            throw new StoreRefusedException($"{file} cannot be used as a SQLite database: {Reason(failure)}.", failure);
        }
    }

    private static string Reason(SqliteException failure)
    {
        var quote = failure.Message.IndexOf('\'', StringComparison.Ordinal);
        return quote < 0 ? failure.Message : failure.Message[quote..].Trim('\'', '.');
    }
}
