using Ingest.TestSupport;
using Ingest.Writer;

namespace Ingest.IntegrationTests.Stores;

/// <summary>Claims of sources by two processes, each with its own pool of sessions, which outlast a claim.</summary>
public sealed class PostgresSourceLockTests(SharedServers servers)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_source_is_claimed_by_one_at_a_time_and_keeps_no_other_from_being_claimed()
    {
        await using var server = await PostgresDatabase.CreateAsync(await servers.PostgresAsync());
        await using var first = Database.Parse(server.ConnectionString);
        await using var second = Database.Parse(server.ConnectionString);
        var (source, another) = (Guid.NewGuid(), Guid.NewGuid());
        for (var i = 0; i < 3; i++)
        {
            await using (var claim = await first.TryClaimAsync(source, Token))
            {
                Assert.NotNull(claim);
                Assert.Null(await second.TryClaimAsync(source, Token));
                Assert.Null(await first.TryClaimAsync(source, Token));
                await using var other = await second.TryClaimAsync(another, Token);
                Assert.NotNull(other);
            }

            await using var next = await second.TryClaimAsync(source, Token);
            Assert.NotNull(next);
        }
    }
}
