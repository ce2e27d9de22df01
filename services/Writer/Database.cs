using System.Data;
using System.Data.Common;
using System.Text.RegularExpressions;
using Ingest.Pipelines.Definition;
using Ingest.Writer.Audit;
using Ingest.Writer.Postgres;
using Ingest.Writer.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Ingest.Writer;

/// <summary>
/// The database that a text names: <c>Host=…;…</c> or <c>postgres://…</c> is PostgreSQL, <c>Data Source=…</c> or a path
/// is a SQLite file.
/// </summary>
public sealed partial class Database : IAsyncDisposable
{
    private const int LongestSessionSeconds = 3600;

    /// <summary>SQLITE_CANTOPEN.</summary>
    private const int CannotOpen = 14;

    private readonly NpgsqlDataSource? _postgres;
    private readonly string? _sqlite;

    private Database(NpgsqlDataSource? postgres, string? sqlite, string name) =>
        (_postgres, _sqlite, Name) = (postgres, sqlite, name);

    /// <summary>What to call it in messages; no password in it.</summary>
    public string Name { get; }

    /// <exception cref="FormatException">The text names no database; the message says why, and never its password.</exception>
    public static Database Parse(string text)
    {
        try
        {
            if (Scheme().Match(text) is { Success: true } scheme)
            {
                return scheme.Groups[1].Value.ToUpperInvariant() is "POSTGRES" or "POSTGRESQL"
                    ? FromPostgres(PostgresUri.Parse(text.Trim()))
                    : throw new ArgumentException($"{scheme.Groups[1].Value}:// is no kind of database that is known");
            }

            if (!text.Contains('=', StringComparison.Ordinal))
                return FromSqlite(new SqliteConnectionStringBuilder { DataSource = text });

            var keys = text.Split(';').Select(part => part.Split('=')[0].Trim().ToUpperInvariant());
            return keys.Any(key => key is "HOST" or "SERVER")
                ? FromPostgres(new NpgsqlConnectionStringBuilder(text))
                : FromSqlite(new SqliteConnectionStringBuilder(text));
        }
        catch (ArgumentException wrong)
        {
            throw new FormatException(
                $"The database is not understood ({wrong.Message.Split('(')[0].Trim()}); give a file path, Host=…;Username=…;Database=… or postgres://user@host/database.");
        }
    }

    internal IRowStore CreateStore(PipelineDefinition pipeline, TimeProvider time, ILogger? logger = null) => _postgres is not null
        ? new PostgresStore(_postgres, Name, pipeline, logger ?? NullLogger.Instance)
        : new SqliteStore(_sqlite!, Name, pipeline, time);

    /// <summary>Claims a source for as long as it is being loaded, so that no two loads of it run at a time.</summary>
    /// <returns>What to dispose when it is loaded; null when another process has claimed it.</returns>
    /// <exception cref="StoreAwayException">The database cannot be reached.</exception>
    /// <exception cref="StoreRefusedException">Somebody must change something.</exception>
    internal async Task<IAsyncDisposable?> TryClaimAsync(Guid sourceId, CancellationToken cancellationToken)
    {
        try
        {
            if (_postgres is null)
                return SqliteSourceLock.TryTake(_sqlite!, sourceId);
            return await PostgresSourceLock.TryTakeAsync(_postgres, sourceId, cancellationToken);
        }
        catch (SqliteException failure)
        {
            throw new StoreRefusedException($"{Name} cannot be opened as a SQLite database: {failure.Message}", failure);
        }
        catch (Exception failure) when (PostgresErrors.IsOurs(failure))
        {
            throw PostgresErrors.Translate(failure, Name);
        }
    }

    /// <summary>Reads and checks a pipeline's ledger; null when the database has none.</summary>
    /// <exception cref="StoreAwayException">The database cannot be reached.</exception>
    /// <exception cref="StoreRefusedException">Somebody must change something.</exception>
    internal async Task<PipelineAudit?> AuditAsync(string pipeline, CancellationToken cancellationToken)
    {
        try
        {
            await using DbConnection connection = _postgres is not null ? _postgres.CreateConnection() : new SqliteConnection(ReadOnly(_sqlite!));
            await connection.OpenAsync(cancellationToken);
            // One view of it all; in SQLite a transaction that waits for nobody has to be a deferred one.
            await using var transaction = connection is SqliteConnection sqlite
                ? sqlite.BeginTransaction(deferred: true)
                : await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
            return await PipelineAudit.ReadAsync(new LedgerAudit(connection, pipeline), cancellationToken);
        }
        catch (PostgresException none) when (none.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            return null;
        }
        catch (SqliteException none) when (none.Message.Contains("no such table", StringComparison.Ordinal))
        {
            return null;
        }
        catch (SqliteException none) when (none.SqliteErrorCode == CannotOpen && IsMissing(Name))
        {
            throw new StoreRefusedException("there is no such file", none);
        }
        catch (SqliteException failure)
        {
            throw new StoreRefusedException($"{Name} cannot be read as a SQLite database: {failure.Message}", failure);
        }
        catch (Exception failure) when (PostgresErrors.IsOurs(failure))
        {
            throw PostgresErrors.Translate(failure, Name);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_postgres is not null)
            await _postgres.DisposeAsync();
    }

    private static string ReadOnly(string sqlite) =>
        new SqliteConnectionStringBuilder(sqlite) { Mode = SqliteOpenMode.ReadWrite }.ConnectionString;

    private static Database FromPostgres(NpgsqlConnectionStringBuilder settings)
    {
        settings.ApplicationName ??= "ingest writer";
        settings.WriteBufferSize = Math.Max(settings.WriteBufferSize, 64 * 1024);

        // The server ends a statement that takes too long (Sql.BeginSession), and says so. The client's own time-out, longer
        // than that, is for a server that says nothing any more; keep-alives, for what may take any time, find a host that is
        // gone. A Unix domain socket has none, and its host is never gone.
        if (settings.CommandTimeout is > 0 and < 120)
            settings.CommandTimeout = 120;
        if (settings.Host is not ['/' or '@', ..])
        {
            settings.TcpKeepAlive = true;
            settings.TcpKeepAliveTime = 30;
            settings.TcpKeepAliveInterval = 10;
        }

        // A session keeps its merge tables (Sql.PrepareMergeTable). The server's oldest transaction number waits for them to
        // go, so no session in use grows old.
        // A reset that a table's triggers need (PostgresStore) takes prepared statements away, which the driver would not know.
        settings.NoResetOnClose = true;
        settings.MaxAutoPrepare = 0;
        if (settings.ConnectionLifetime is 0 or > LongestSessionSeconds)
            settings.ConnectionLifetime = LongestSessionSeconds;

        settings.GssEncryptionMode = GssEncryptionMode.Disable;
        var name = $"{settings.Host}:{settings.Port}/{settings.Database}";
        return new Database(new NpgsqlDataSourceBuilder(settings.ConnectionString).Build(), null, name);
    }

    private static bool IsMissing(string file) =>
        !file.StartsWith("file:", StringComparison.Ordinal) && !Path.Exists(file) && Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(file)));

    /// <summary>What begins as a URI does, but for SQLite's own; such a text may hold a password, and is no path.</summary>
    [GeneratedRegex("^\\s*(?!file:)([a-z][a-z0-9+.:-]*)://", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Scheme();

    private static Database FromSqlite(SqliteConnectionStringBuilder settings)
    {
        if (string.IsNullOrWhiteSpace(settings.DataSource))
            throw new FormatException("The database names no file; give a path such as ingest.db.");
        settings.Pooling = false;
        return new Database(null, settings.ConnectionString, settings.DataSource);
    }
}
