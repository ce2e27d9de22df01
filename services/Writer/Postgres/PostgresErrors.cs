using System.Net.Sockets;
using Npgsql;

namespace Ingest.Writer.Postgres;

/// <summary>Sorts PostgreSQL's errors into "away or busy" and "refuses" (SQLSTATE: PostgreSQL documentation, appendix A).</summary>
internal static class PostgresErrors
{
    public const string UniqueViolation = "23505";

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

    /// <summary>Lost connections, no resources, an operator's intervention, deadlocks and serialization, locks, read-only.</summary>
    private static bool IsAway(string sqlState) =>
        sqlState[..2] is "08" or "53" or "57" or "58" or "40" || sqlState is "55P03" or "25006";
}
