using System.Data.Common;

namespace Ingest.EndToEnd.Services;

/// <summary>Looks whether a run left in the database what it must.</summary>
internal static class Ledger
{
    /// <summary>All of it.</summary>
    public const string Tables = "ingest_batches, ingest_segments, ingest_sources, ingest_rejects";

    private const string LinesOfSources = "select coalesce(sum(lines), 0) from ingest_sources";

    /// <summary>Every line is accounted for, as often as it was sent, and the rows are there once.</summary>
    /// <param name="connection">Open.</param>
    /// <param name="table">The pipeline's.</param>
    /// <param name="lines">Lines sent.</param>
    /// <param name="rows">Different keys among those that are kept.</param>
    /// <returns>The rows.</returns>
    /// <exception cref="WrongResultException">It is not so.</exception>
    public static async Task<long> CheckAsync(DbConnection connection, string table, long lines, long rows)
    {
        WrongResultException.Expect("lines in the ledger", lines, await SumAsync(connection, "lines"));
        WrongResultException.Expect("lines accounted for", lines, await SumAsync(connection, "written + duplicate + filtered + rejected"));
        WrongResultException.Expect("lines written", rows, await SumAsync(connection, "written"));
        WrongResultException.Expect("lines of the sources that ended", lines, await ReadAsync(connection, LinesOfSources));
        var found = await ReadAsync(connection, $"select count(*) from {table}");
        WrongResultException.Expect($"rows in {table}", rows, found);
        return found;
    }

    /// <summary>Lines committed so far.</summary>
    public static Task<long> LinesAsync(DbConnection connection) => SumAsync(connection, "lines");

    /// <summary>Whether so many lines are committed, and the sources' ends too.</summary>
    public static async Task<bool> HoldsAsync(DbConnection connection, long lines) =>
        await LinesAsync(connection) >= lines && await ReadAsync(connection, LinesOfSources) >= lines;

    private static Task<long> SumAsync(DbConnection connection, string what) =>
        ReadAsync(connection, $"select coalesce(sum({what}), 0) from ingest_batches");

    private static async Task<long> ReadAsync(DbConnection connection, string query)
    {
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Nothing of it comes from outside.
        command.CommandText = query;
#pragma warning restore CA2100
        return Convert.ToInt64(await command.ExecuteScalarAsync(), System.Globalization.CultureInfo.InvariantCulture);
    }
}
