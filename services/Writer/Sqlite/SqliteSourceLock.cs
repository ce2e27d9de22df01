using Microsoft.Data.Sqlite;

namespace Ingest.Writer.Sqlite;

/// <summary>
/// A lock on a source of one database file, held as an open file beside it, where whoever loads into it looks, by
/// whichever way: the system lets go of it when the process dies.
/// </summary>
internal static class SqliteSourceLock
{
    private const int WouldBlock = 11;
    private const int WouldBlockOnMac = 35;
    private const int SharingViolation = unchecked((int)0x80070020);

    /// <returns>Null when another process holds it.</returns>
    /// <exception cref="SqliteException">The database cannot be opened.</exception>
    /// <exception cref="StoreRefusedException">Another user has it, or has left it behind; or there is no place for it.</exception>
    public static IAsyncDisposable? TryTake(string connectionString, Guid sourceId)
    {
        var path = $"{FileOf(connectionString)}-{sourceId:N}.lock";
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
        }
        catch (IOException held) when (held.HResult is WouldBlock or WouldBlockOnMac or SharingViolation)
        {
            return null;
        }
        catch (IOException failure)
        {
            throw new StoreRefusedException($"the lock {path} cannot be made: {failure.Message}", failure);
        }
        catch (UnauthorizedAccessException)
        {
            throw new StoreRefusedException($"the lock {path} cannot be made: its folder is not yours to write in, or another user loads the same, or was ended while loading it.");
        }
    }

    /// <summary>The database's own file, whatever links and addresses lead to it.</summary>
    private static string FileOf(string connectionString)
    {
        using var connection = new SqliteConnection(connectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT file FROM pragma_database_list WHERE name = 'main'";
        return (string)command.ExecuteScalar()!;
    }
}
