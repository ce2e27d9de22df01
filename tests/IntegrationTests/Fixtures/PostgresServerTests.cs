using Ingest.TestSupport;
using Npgsql;

namespace Ingest.IntegrationTests.Fixtures;

public sealed class PostgresServerTests(SharedServers servers)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_database_is_new_and_gone_afterwards()
    {
        var server = await servers.PostgresAsync();
        await using var other = await PostgresDatabase.CreateAsync(server);
        string name;
        await using (var database = await PostgresDatabase.CreateAsync(server))
        {
            name = (await database.ScalarAsync<string>("select current_database()"))!;
            await database.ExecuteAsync("create table t (n int)");
            Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from t"));
        }
        Assert.Equal(0, await other.ScalarAsync<long>($"select count(*) from pg_database where datname = '{name}'"));
    }

    [Fact]
    public async Task A_server_of_ones_own_can_be_paused_killed_and_stopped()
    {
        IReadOnlyList<int> processes;
        await using (var server = await SharedServers.OrSkipAsync(PostgresServer.StartOwnAsync))
        {
            await using var database = await PostgresDatabase.CreateAsync(server);
            await database.ExecuteAsync("create table t as select 1 as n");

            await server.PauseAsync();
            var answer = database.ScalarAsync<int>("select n from t");
            await Assert.ThrowsAnyAsync<NpgsqlException>(() => PingAsync(server));
            Assert.False(answer.IsCompleted);
            await server.ResumeAsync();
            Assert.Equal(1, await answer);

            await server.KillAsync();
            await Assert.ThrowsAnyAsync<NpgsqlException>(() => PingAsync(server));
            await server.RestartAsync();
            await Eventually.HoldsAsync(
                async () => await database.ScalarAsync<int>("select n from t") == 1, Deadline, () => "no answer after the restart");

            processes = server.ProcessIds;
        }
        Assert.DoesNotContain(processes, id => OwnedProcess.Find(id) is { IsAlive: true });
    }

    private static async Task PingAsync(PostgresServer server)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString + ";Pooling=false;Timeout=1");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
    }
}
