using System.Globalization;
using Ingest.TestSupport;
using Microsoft.Data.Sqlite;

namespace Ingest.IntegrationTests.Stores;

public sealed class SqliteStoreTests : StoreContract
{
    private readonly string _file = Path.Combine(TestRun.CreateFolder("sqlite"), "test.db");

    protected override Task<string> OpenAsync() => Task.FromResult(_file);

    protected override Task CloseAsync() => Task.CompletedTask;

    protected override string Table(string schema, string table) => $"{schema}_{table}";

    protected override Task<List<string>> QueryAsync(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_file};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
        {
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount)
                .Select(i => reader.IsDBNull(i) ? "NULL" : Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture))));
        }

        return Task.FromResult(rows);
    }
}
