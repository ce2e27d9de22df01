using CsCheck;
using Ingest.Messaging.RabbitMq;

namespace Ingest.UnitTests.Messaging;

/// <summary>Acknowledgements in as few words as possible, against a broker that takes them as RabbitMQ does.</summary>
public sealed class SettledTagsTests
{
    private enum Step
    {
        Acknowledge,
        AcknowledgeNow,
        Return,
        Tell,
    }

    [Fact]
    public void What_is_done_in_order_is_told_at_once()
    {
        var tags = new SettledTags();
        for (ulong tag = 1; tag <= 5; tag++)
            tags.Acknowledge(tag);
        Assert.Equal([new Acknowledgement(5, Multiple: true)], tags.Take());
        Assert.Empty(tags.Take());
    }

    [Fact]
    public void What_waits_for_one_before_it_is_told_alone_the_second_time()
    {
        var tags = new SettledTags();
        foreach (var tag in (ulong[])[1, 3, 4])
            tags.Acknowledge(tag);
        Assert.Equal([new Acknowledgement(1, Multiple: false)], tags.Take());
        tags.Acknowledge(6);
        Assert.Equal([new Acknowledgement(3, Multiple: false), new Acknowledgement(4, Multiple: false)], tags.Take());
        tags.Acknowledge(2);
        tags.Acknowledge(5);
        Assert.Equal([new Acknowledgement(6, Multiple: true)], tags.Take());
    }

    [Fact]
    public void One_that_went_back_is_not_named_but_counts_as_settled()
    {
        var tags = new SettledTags();
        tags.Acknowledge(1);
        tags.Told(2);
        Assert.Equal([new Acknowledgement(1, Multiple: false)], tags.Take());
        tags.Told(4);
        tags.Acknowledge(3);
        tags.Acknowledge(5);
        Assert.Equal([new Acknowledgement(5, Multiple: true)], tags.Take());
    }

    [Fact]
    public void The_broker_hears_of_every_message_once_and_of_none_that_nobody_has_done() =>
        Gen.Select(Gen.UInt, Gen.Enum<Step>()).Array[0, 300].Sample(steps =>
        {
            var tags = new SettledTags();
            var broker = new SortedSet<ulong>();
            var held = new List<ulong>();
            var done = new HashSet<ulong>();
            var delivered = 0UL;
            foreach (var (choice, step) in steps)
            {
                // A few are out at any time, and any of them is next.
                while (held.Count < 5)
                {
                    held.Add(++delivered);
                    broker.Add(delivered);
                }

                var one = held[(int)(choice % held.Count)];
                if (step != Step.Tell)
                    held.Remove(one);
                switch (step)
                {
                    case Step.Acknowledge:
                        done.Add(one);
                        tags.Acknowledge(one);
                        break;
                    case Step.AcknowledgeNow or Step.Return:
                        Assert.True(broker.Remove(one));
                        tags.Told(one);
                        break;
                    default:
                        Take();
                        break;
                }
            }

            Take();
            Take();
            Assert.Equal(0, tags.Untold);
            Assert.Equal(held.Order(), broker);

            void Take()
            {
                foreach (var (tag, multiple) in tags.Take())
                {
                    // RabbitMQ closes the channel for a tag that it does not wait for.
                    Assert.Contains(tag, broker);
                    foreach (var taken in broker.Where(t => multiple ? t <= tag : t == tag).ToArray())
                    {
                        Assert.Contains(taken, done);
                        broker.Remove(taken);
                    }
                }
            }
        });
}
