using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Ingest.Messaging;
using Npgsql;

namespace Ingest.Writer.Postgres;

/// <summary>
/// Sorts PostgreSQL's errors into "away or busy", "refuses" and "may be a row" (SQLSTATE: PostgreSQL documentation,
/// appendix A).
/// </summary>
internal static partial class PostgresErrors
{
    public const string UniqueViolation = "23505";
    public const string ForeignKeyViolation = "23503";
    public const string LockNotAvailable = "55P03";
    public const string DeadlockDetected = "40P01";

    /// <summary>COPY into a table with row-level security, which an INSERT can do.</summary>
    public const string FeatureNotSupported = "0A000";

    private const string QueryCanceled = "57014";

    public static bool IsOurs(Exception failure) =>
        failure is NpgsqlException or SocketException or TimeoutException or IOException or ObjectDisposedException;

    public static Exception Translate(Exception failure, string database) => failure switch
    {
        PostgresException refusal when IsAway(refusal.SqlState) =>
            new StoreAwayException($"{refusal.MessageText} ({database})", refusal),
        PostgresException refusal when refusal.SqlState[..2] is "28" or "3D" =>
            new StoreRefusedException($"the database {database} does not let us in: {refusal.MessageText}; check the user, the password and the database name.", refusal),
        PostgresException refusal =>
            new StoreRefusedException($"the database {database} refuses: {refusal.MessageText} (SQLSTATE {refusal.SqlState}).", refusal),
        _ => new StoreAwayException($"{failure.GetBaseException().Message} ({database})", failure),
    };

    /// <summary>The error of a rows' statement, its connection alive: perhaps one row's fault. A statement may take too
    /// long for one row's sake, and a malformed field is a protocol violation.</summary>
    public static bool MayBeRow(PostgresException failure) =>
        failure.SqlState is QueryCanceled or "08P01" || !(IsAway(failure.SqlState) || failure.SqlState[..2] is "28" or "3D");

    /// <summary>The server goes on, but the driver takes the session for damaged.</summary>
    public static bool EndsConnection(PostgresException failure) =>
        failure.InvariantSeverity == "ERROR" && (failure.SqlState == "08P01" || failure.SqlState[..2] == "XX");

    public static bool IsTimeout(PostgresException failure) => failure.SqlState == QueryCanceled;

    /// <summary>Bad values, violated constraints, what triggers raise, limits of size, malformed fields.</summary>
    public static bool SpeaksOfRow(PostgresException failure) =>
        failure.SqlState[..2] is "22" or "23" or "44" or "54" or "P0" || failure.SqlState == "08P01";

    /// <summary>What triggers, policies and the server's own defects say, which tells nothing of whose fault it is.</summary>
    public static bool SaysLittle(PostgresException failure) => failure.SqlState is "42501" || failure.SqlState[..2] is "XX" or "38" or "39" or "21";

    /// <summary>References and what triggers say: rows that another session has not committed yet may be what is missed.</summary>
    public static bool MayMissRows(PostgresException failure) =>
        failure.SqlState == ForeignKeyViolation || failure.SqlState[..2] is "P0" or "38" or "39";

    /// <summary>The session waited for another one, in a circle or for too long.</summary>
    public static bool IsInTheWay(PostgresException failure) => failure.SqlState is DeadlockDetected or LockNotAvailable;

    public static RowRefusal Refusal(PostgresException failure) => new(
        failure.SqlState[..2] == "22" ? RejectReason.InvalidValue : RejectReason.ConstraintViolation,
        failure.ColumnName ?? (ColumnOfCopy().Match(failure.Where ?? "") is { Success: true } match ? match.Groups[1].Value : null),
        failure.Detail is null ? failure.MessageText : $"{failure.MessageText}: {failure.Detail}",
        failure.SqlState);

    /// <summary>The line of a COPY that the error names, from 0, or null; where the time ran out says nothing of that line.</summary>
    public static int? CopyLine(PostgresException failure) =>
        !IsTimeout(failure) && CopyPlace().Match(failure.Where ?? "") is { Success: true } match
        && int.TryParse(match.Groups[1].Value, CultureInfo.InvariantCulture, out var line) && line > 0
            ? line - 1
            : null;

    /// <summary>Lost connections, no resources, an operator's intervention, deadlocks and serialization, locks, read-only.</summary>
    private static bool IsAway(string sqlState) =>
        sqlState[..2] is "08" or "53" or "57" or "58" or "40" || sqlState is LockNotAvailable or "25006";

    [GeneratedRegex(@"^COPY .+, line (\d+)", RegexOptions.Multiline)]
    private static partial Regex CopyPlace();

    [GeneratedRegex(@"^COPY .+, line \d+, column ([^:\n]+)", RegexOptions.Multiline)]
    private static partial Regex ColumnOfCopy();
}
