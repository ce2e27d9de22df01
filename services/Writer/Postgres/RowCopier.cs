using Npgsql;

namespace Ingest.Writer.Postgres;

/// <summary>Sends tuples by binary COPY.</summary>
internal sealed class RowCopier(NpgsqlConnection connection)
{
    public async Task CopyAsync(string statement, RowSet rows, RowRange range, CancellationToken cancellationToken)
    {
        var copy = await connection.BeginRawBinaryCopyAsync(statement, cancellationToken);
        try
        {
            await copy.WriteAsync(BinaryCopy.Header, cancellationToken);
            foreach (var tuples in rows.Tuples(range))
                await copy.WriteAsync(tuples, cancellationToken);
            await copy.WriteAsync(BinaryCopy.Trailer, cancellationToken);
        }
        catch
        {
            // Disposing alone would say that the copy is complete.
            await CancelAsync(copy);
            throw;
        }

        await copy.DisposeAsync();
    }

    private static async Task CancelAsync(NpgsqlRawCopyStream copy)
    {
        try
        {
            await copy.CancelAsync();
        }
        catch (Exception failure) when (PostgresErrors.IsOurs(failure) || failure is InvalidOperationException)
        {
            // The failure that led here is the one to tell.
        }
    }
}
