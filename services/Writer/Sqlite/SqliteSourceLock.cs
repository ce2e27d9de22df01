using System.IO.Hashing;
using System.Text;

namespace Ingest.Writer.Sqlite;

/// <summary>
/// A lock on a source of one database file, held as an open file among the temporary ones: the system lets go of it
/// when the process dies.
/// </summary>
internal static class SqliteSourceLock
{
    /// <returns>Null when another process holds it.</returns>
    /// <exception cref="StoreRefusedException">Another user has it, or has left it behind.</exception>
    public static IAsyncDisposable? TryTake(string database, Guid sourceId)
    {
        var name = XxHash128.HashToUInt128(Encoding.UTF8.GetBytes($"{Path.GetFullPath(database)}\n{sourceId}"));
        var path = Path.Combine(Path.GetTempPath(), $"ingest-{name:x32}.lock");
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
        }
        catch (IOException)
        {
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            throw new StoreRefusedException($"the lock {path} is another user's, who loads the same at the moment or was ended while loading it; remove it in that case.");
        }
    }
}
