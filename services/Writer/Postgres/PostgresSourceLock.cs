using System.Buffers.Binary;
using Npgsql;

namespace Ingest.Writer.Postgres;

/// <summary>An advisory lock on a source, held by a session of its own: PostgreSQL lets go of it when the process dies.</summary>
internal static class PostgresSourceLock
{
    /// <returns>Null when another session holds it.</returns>
    public static async Task<IAsyncDisposable?> TryTakeAsync(NpgsqlDataSource source, Guid sourceId, CancellationToken cancellationToken)
    {
        var connection = await source.OpenConnectionAsync(cancellationToken);
        try
        {
            await using var take = new NpgsqlCommand("SELECT pg_try_advisory_lock($1)", connection)
            {
                Parameters = { new() { Value = BinaryPrimitives.ReadInt64BigEndian(sourceId.ToByteArray(bigEndian: true).AsSpan(8)) } },
            };
            if ((bool)(await take.ExecuteScalarAsync(cancellationToken))!)
                return new Held(connection);
        }
        catch
        {
            // Given up, it may have been taken all the same.
            await new Held(connection).DisposeAsync();
            throw;
        }

        await connection.DisposeAsync();
        return null;
    }

    private sealed class Held(NpgsqlConnection connection) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            // The session goes back to a pool, which would keep the lock.
            await using (connection)
            {
                try
                {
                    await using var release = new NpgsqlCommand("SELECT pg_advisory_unlock_all()", connection);
                    await release.ExecuteNonQueryAsync();
                }
                catch (Exception lost) when (PostgresErrors.IsOurs(lost) || lost is InvalidOperationException)
                {
                    // The lock went with the session.
                }
            }
        }
    }
}
