using System.IO.Hashing;
using System.Text;

namespace Ingest.Writer.Sqlite;

/// <summary>
/// A lock on a source of one database file, held as an open file among the temporary ones: the system lets go of it
/// when the process dies.
/// </summary>
internal static class SqliteSourceLock
{
    private const int WouldBlock = 11;
    private const int WouldBlockOnMac = 35;
    private const int SharingViolation = unchecked((int)0x80070020);

    /// <returns>Null when another process holds it.</returns>
    /// <exception cref="StoreRefusedException">Another user has it, or has left it behind; or there is no place for it.</exception>
    public static IAsyncDisposable? TryTake(string database, Guid sourceId)
    {
        var name = XxHash128.HashToUInt128(Encoding.UTF8.GetBytes($"{Path.GetFullPath(database)}\n{sourceId}"));
        var path = Path.Combine(Path.GetTempPath(), $"ingest-{name:x32}.lock");
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
            throw new StoreRefusedException($"the lock {path} is another user's, who loads the same at the moment or was ended while loading it; remove it in that case.");
        }
    }
}
