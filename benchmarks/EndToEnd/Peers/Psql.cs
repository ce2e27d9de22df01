using Ingest.EndToEnd.Measuring;
using Ingest.TestSupport;
using Npgsql;

namespace Ingest.EndToEnd.Peers;

/// <summary>The psql of this machine.</summary>
internal static class Psql
{
    public static string? Path => NativeTools.OnPath("psql");

    /// <summary>One statement or backslash command.</summary>
    public static Command Run(PostgresDatabase database, string statement)
    {
        var address = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        return new Command("psql", Path!, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement)
        {
            Environment = new Dictionary<string, string>
            {
                ["PGHOST"] = address.Host!,
                ["PGPORT"] = $"{address.Port}",
                ["PGUSER"] = address.Username!,
                ["PGPASSWORD"] = address.Password!,
                ["PGDATABASE"] = address.Database!,
            },
        };
    }
}
