using Npgsql;

namespace Ingest.Writer.Postgres;

/// <summary>Work within a transaction that may fail without failing the transaction.</summary>
internal sealed class Attempts(NpgsqlConnection connection, NpgsqlTransaction transaction)
{
    private const string Savepoint = "ingest_rows";

    /// <summary>Does the work; constraints that wait for the commit are checked with it.</summary>
    /// <returns>Null, or why the database refuses; then the work is undone.</returns>
    public Task<PostgresException?> TryAsync(Func<Task> work, CancellationToken cancellationToken) =>
        RunAsync(work, $"SET CONSTRAINTS ALL IMMEDIATE; RELEASE SAVEPOINT {Savepoint}", cancellationToken);

    /// <summary>Does the work and undoes it.</summary>
    /// <returns>Null, or why the database refuses.</returns>
    public Task<PostgresException?> ProbeAsync(Func<Task> work, CancellationToken cancellationToken) =>
        RunAsync(
            work,
            $"SET CONSTRAINTS ALL IMMEDIATE; ROLLBACK TO SAVEPOINT {Savepoint}; RELEASE SAVEPOINT {Savepoint}",
            cancellationToken);

    private async Task<PostgresException?> RunAsync(Func<Task> work, string end, CancellationToken cancellationToken)
    {
        await transaction.SaveAsync(Savepoint, cancellationToken);
        try
        {
            await work();
            await ExecuteAsync(end, cancellationToken);
            return null;
        }
        catch (PostgresException fault) when (PostgresErrors.MayBeRow(fault) && connection.State == System.Data.ConnectionState.Open)
        {
            // Released too: savepoints of one name would pile up.
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
