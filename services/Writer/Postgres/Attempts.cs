using Npgsql;

namespace Ingest.Writer.Postgres;

/// <summary>Work within a transaction that may fail without failing the transaction.</summary>
/// <param name="connection">Where it is done.</param>
/// <param name="transaction">That of the connection.</param>
/// <param name="mayDefer">Whether constraints may wait for the commit.</param>
internal sealed class Attempts(NpgsqlConnection connection, NpgsqlTransaction transaction, bool mayDefer)
{
    private const string Savepoint = "ingest_rows";

    private bool _isOpen;

    /// <summary>Does the work; constraints that wait for the commit are checked with it.</summary>
    /// <returns>Null, or why the database refuses; then the work is undone.</returns>
    public Task<PostgresException?> TryAsync(Func<Task> work, CancellationToken cancellationToken) =>
        RunAsync(work, mayDefer ? $"SET CONSTRAINTS ALL IMMEDIATE; RELEASE SAVEPOINT {Savepoint}" : null, cancellationToken);

    /// <summary>Does the work and undoes it.</summary>
    /// <returns>Null, or why the database refuses.</returns>
    public Task<PostgresException?> ProbeAsync(Func<Task> work, CancellationToken cancellationToken) =>
        RunAsync(
            work,
            $"SET CONSTRAINTS ALL IMMEDIATE; ROLLBACK TO SAVEPOINT {Savepoint}; RELEASE SAVEPOINT {Savepoint}",
            cancellationToken);

    /// <param name="work">What is done.</param>
    /// <param name="end">What follows it; null where the savepoint is left to the next attempt, or to the commit.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    private async Task<PostgresException?> RunAsync(Func<Task> work, string? end, CancellationToken cancellationToken)
    {
        // Savepoints of one name would pile up.
        if (_isOpen)
            await ExecuteAsync($"RELEASE SAVEPOINT {Savepoint}", cancellationToken);
        _isOpen = end is null;
        await transaction.SaveAsync(Savepoint, cancellationToken);
        try
        {
            await work();
            if (end is not null)
                await ExecuteAsync(end, cancellationToken);
            return null;
        }
        catch (PostgresException fault) when (PostgresErrors.MayBeRow(fault) && connection.State == System.Data.ConnectionState.Open)
        {
            _isOpen = false;
            await ExecuteAsync($"ROLLBACK TO SAVEPOINT {Savepoint}; RELEASE SAVEPOINT {Savepoint}", cancellationToken);
            return fault;
        }
    }

    private async Task ExecuteAsync(string statements, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(statements, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
