using System.Text.Json;
using Ingest.Messaging;
using Ingest.TestSupport;
using Ingest.Writer;
using Npgsql;

namespace Ingest.IntegrationTests.Stores;

/// <summary>Every value of the cases goes through processor and writer into a real server, which is asked what it stores itself.</summary>
public sealed class CastsAgainstServerTests(SharedServers servers)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_stored_is_what_the_server_stores_and_what_it_refuses_is_a_reject()
    {
        using var cases = JsonDocument.Parse(await File.ReadAllBytesAsync(SharedFolder.FileOrSkip("cases/casts.json"), Token));
        await using var server = await PostgresDatabase.CreateAsync(await servers.PostgresAsync());
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(server.ConnectionString) { Timezone = "UTC" }.ConnectionString);
        var different = new List<string>();
        var count = 0;
        foreach (var type in Enum.GetValues<ColumnType>())
        {
            var values = cases.RootElement.GetProperty("value_cases").EnumerateArray()
                .Where(c => c.GetProperty("type").GetString() == type.SqlName())
                .Select(c => (Id: c.GetProperty("id").GetString()!, Json: c.GetProperty("json").GetString()!))
                .ToList();
            count += values.Count;
            var ours = await StoreAsync(server, source, type, values.Select(v => v.Json));
            for (var i = 0; i < values.Count; i++)
            {
                var (id, json) = values[i];
                var theirs = await AskAsync(source, type, json);
                if (!IsRight(id, ours[i], theirs))
                    different.Add($"{id} {type.SqlName()} {json}: {ours[i]} instead of {theirs}");
            }
        }

        Assert.Empty(different);
        Assert.True(count > 100);
    }

    private static bool IsRight(string id, Answer ours, Answer theirs)
    {
        if (PostgresDifferences.Refused.ContainsKey(id))
            return ours.IsRefused;
        if (PostgresDifferences.Repaired.TryGetValue(id, out var repaired))
            return theirs.IsRefused && (ours.Stored == repaired || ours.Stored?.Replace(" ", "", StringComparison.Ordinal).Replace("\uFFFD", "\\ufffd", StringComparison.Ordinal) == repaired);
        return ours == theirs;
    }

    /// <summary>What the processor and the writer make of each value.</summary>
    private static async Task<List<Answer>> StoreAsync(PostgresDatabase server, NpgsqlDataSource source, ColumnType type, IEnumerable<string> values)
    {
        var table = $"t{(int)type}";
        var pipeline = StoreContract.Parse($"pipeline: {table}\ntable: {table}\ncolumns:\n  id: integer\n  v: {type.SqlName()}");
        await using var database = Database.Parse(server.ConnectionString);
        await using var store = database.CreateStore(pipeline, TimeProvider.System);
        await store.PrepareAsync(Token);
        var lines = values.Select((json, i) => $"{{\"id\":{i},\"v\":{json}}}").ToArray();
        await store.CommitAsync([StoreContract.Rows(pipeline, lines)], Token);

        var answers = Enumerable.Repeat(new Answer(null, IsRefused: true), lines.Length).ToList();
        await using var command = source.CreateCommand($"SELECT id, v::text FROM {table}");
        await using var reader = await command.ExecuteReaderAsync(Token);
        while (await reader.ReadAsync(Token))
            answers[reader.GetInt32(0)] = new Answer(await reader.IsDBNullAsync(1, Token) ? null : reader.GetString(1), IsRefused: false);
        return answers;
    }

    /// <summary>What the server makes of it.</summary>
    private static async Task<Answer> AskAsync(NpgsqlDataSource source, ColumnType type, string json)
    {
        try
        {
            await using var command = source.CreateCommand($"SELECT v::text FROM jsonb_to_record(($1::text)::jsonb) AS t (v {type.SqlName()})");
            command.Parameters.Add(new() { Value = $"{{\"v\":{json}}}" });
            return new Answer(await command.ExecuteScalarAsync(Token) as string, IsRefused: false);
        }
        catch (PostgresException)
        {
            return new Answer(null, IsRefused: true);
        }
    }

    private sealed record Answer(string? Stored, bool IsRefused);
}
