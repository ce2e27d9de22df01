using System.Diagnostics;
using System.Globalization;
using DuckDB.NET.Data;

// usage: DuckDb DATABASE STATEMENT…   runs the statements on a database file; prints the last one's first value, and how
//                                     many seconds passed from opening the database until it was closed
var watch = Stopwatch.StartNew();
object? value = null;
using (var connection = new DuckDBConnection($"Data Source={args[0]}"))
{
    connection.Open();
    foreach (var statement in args[1..])
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The statements are the user's own.
        command.CommandText = statement;
#pragma warning restore CA2100
        value = command.ExecuteScalar();
    }
}

Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{value} {watch.Elapsed.TotalSeconds:F4}"));
