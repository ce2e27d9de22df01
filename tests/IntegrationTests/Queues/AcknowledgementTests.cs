using Ingest.Messaging;
using Ingest.TestSupport;

namespace Ingest.IntegrationTests.Queues;

/// <summary>Acknowledgements that go together say what each would have said alone.</summary>
public sealed class AcknowledgementTests(SharedServers servers)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_broker_hears_of_what_is_done_while_others_are_not_and_of_those_nothing()
    {
        var fixture = new BrokerFixture(await servers.RabbitMqAsync());
        await using var queues = fixture.Queues();
        var batches = await fixture.SendAsync(queues, 6);
        var receiver = queues.CreateReceiver<LineBatch>(fixture.Pipeline, prefetchMessages: 3);
        var first = await NextThreeAsync();

        // A broker that has heard of two sends two more, since no more than three may be out.
        await first[0].AcknowledgeAsync();
        await first[1].AcknowledgeAsync();
        var (fourth, fifth) = (await BrokerFixture.NextAsync(receiver), await BrokerFixture.NextAsync(receiver));

        // Nothing before the third is left, and what comes after it does not wait for it.
        await fifth.AcknowledgeAsync();
        await fourth.AcknowledgeAsync();
        var sixth = await BrokerFixture.NextAsync(receiver);
        Assert.Equal(batches.Select(b => b.Id), ((Delivery<LineBatch>[])[.. first, fourth, fifth, sixth]).Select(d => d.Batch.Id));

        // One goes back in the midst of others that are done.
        await first[2].RequeueAsync();
        await sixth.AcknowledgeAsync();
        var again = await BrokerFixture.NextAsync(receiver);
        Assert.Equal(batches[2].Id, again.Batch.Id);

        // What is done when the receiver ends is told before its channel is closed.
        await again.AcknowledgeAsync();
        await receiver.DisposeAsync();
        await Eventually.HoldsAsync(
            async () => await fixture.OnChannelAsync(c => c.ConsumerCountAsync(fixture.Lines, Token)) == 0,
            BrokerFixture.Deadline,
            () => "The consumer was to go.");
        await fixture.IsEmptyAsync(fixture.Lines);

        async Task<Delivery<LineBatch>[]> NextThreeAsync() =>
            [await BrokerFixture.NextAsync(receiver), await BrokerFixture.NextAsync(receiver), await BrokerFixture.NextAsync(receiver)];
    }
}
