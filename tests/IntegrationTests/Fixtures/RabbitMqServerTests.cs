using Ingest.TestSupport;
using RabbitMQ.Client;

namespace Ingest.IntegrationTests.Fixtures;

public sealed class RabbitMqServerTests(SharedServers servers)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_shared_broker_has_quorum_queues()
    {
        var server = await servers.RabbitMqAsync();
        await using var connection = await server.ConnectAsync();
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        var queue = await DeclareAsync(channel, $"ingest.{TestNames.Pipeline()}.lines");
        Assert.Equal(0u, await channel.MessageCountAsync(queue, Cancellation));
        await channel.QueueDeleteAsync(queue, cancellationToken: Cancellation);
    }

    [Fact]
    public async Task A_broker_of_ones_own_can_be_paused_killed_and_stopped()
    {
        IReadOnlyList<int> processes;
        await using (var server = await SharedServers.OrSkipAsync(RabbitMqServer.StartOwnAsync))
        {
            string queue;
            await using (var connection = await server.ConnectAsync())
            {
                await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true), Cancellation);
                queue = await DeclareAsync(channel, "kept");

                await server.PauseAsync();
                var published = channel.BasicPublishAsync("", queue, ReadOnlyMemory<byte>.Empty, Cancellation).AsTask();
                await Assert.ThrowsAnyAsync<Exception>(() => server.ConnectAsync());
                Assert.False(published.IsCompleted);
                await server.ResumeAsync();
                await published;

                await server.KillAsync();
                await Assert.ThrowsAnyAsync<Exception>(() => server.ConnectAsync());
            }
            await server.RestartAsync();
            await using (var connection = await server.ConnectAsync())
            {
                await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
                // A quorum queue counts what it holds a little after it has come back.
                await Eventually.HoldsAsync(
                    async () => await channel.MessageCountAsync(queue, Cancellation) == 1, Deadline, () => "the message is lost");
            }
            Assert.Contains("kept", await server.ControlAsync("-q", "list_queues", "name"), StringComparison.Ordinal);
            processes = server.ProcessIds;
        }
        await Eventually.HoldsAsync(
            () => !processes.Any(id => OwnedProcess.Find(id) is { IsAlive: true }), Deadline, () => "A process of the server's is left.");
    }

    private static async Task<string> DeclareAsync(IChannel channel, string name)
    {
        var arguments = new Dictionary<string, object?> { ["x-queue-type"] = "quorum" };
        return await channel.QueueDeclareAsync(name, true, false, false, arguments, cancellationToken: Cancellation);
    }
}
