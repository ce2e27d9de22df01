using System.Text;
using Ingest.Gateway.Framing;
using Ingest.Gateway.Receipts;
using Ingest.Gateway.Sources;
using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Ingest.ServiceDefaults.Control;
using Ingest.UnitTests.Messaging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.UnitTests.Gateway;

public sealed class SharedBatchesTests : IDisposable
{
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(50);
    private static readonly Source Lines = Cutting.Live(Definitions.RefusingAll(1024 * 1024));

    private readonly ObservedTime _time = new();
    private readonly ScriptedSender<LineBatch> _sender = new();
    private readonly CancellationTokenSource _aborting = new();
    private readonly BatchPublisher<LineBatch> _publisher;
    private readonly CommitTally _commits;
    private SharedBatches _shared;

    public SharedBatchesTests()
    {
        _publisher = new BatchPublisher<LineBatch>(_sender, new PublisherOptions(), _time, new Random(1), NullLogger.Instance);
        _commits = new CommitTally(1_000, TimeSpan.FromSeconds(5), _time);
        _shared = Share(Lines.Pipeline);
    }

    public void Dispose() => _aborting.Dispose();

    [Fact]
    public async Task A_batch_goes_at_once_when_the_last_one_is_safe()
    {
        var safe = await PublishAsync("a\n");
        (await NextAsync("a\n")).Confirm();
        await safe.SoonAsync();
        await PublishAsync("b\n");
        await NextAsync("b\n");
        Assert.True(_time.NobodyWaits);
    }

    [Fact]
    public async Task What_comes_while_the_last_one_is_under_way_goes_together_when_that_is_safe()
    {
        await PublishAsync("a\n");
        var first = await NextAsync("a\n");
        var leader = PublishAsync("b\n");
        var others = new[] { await PublishAsync("cc\n"), await PublishAsync("d") };
        Assert.Equal(0, _sender.Waiting);
        first.Confirm();

        var shared = await NextAsync("b\ncc\nd");
        Assert.Equal([2, 3, 1], shared.Batch.Segments.Select(s => s.PayloadLength));
        Assert.Equal(3, shared.Batch.Segments.Select(s => s.SourceId).Distinct().Count());
        Task[] all = [await leader.SoonAsync(), .. others];
        Assert.All(all, safe => Assert.False(safe.IsCompleted));
        shared.Confirm();
        await Task.WhenAll(all).SoonAsync();
    }

    [Fact]
    public async Task It_goes_after_the_linger_time_whatever_is_under_way()
    {
        await PublishAsync("a\n");
        await NextAsync("a\n");
        var leader = PublishAsync("b\n");
        await LingersAsync();
        _time.Advance(Linger - TimeSpan.FromTicks(1));
        Assert.Equal(0, _sender.Waiting);
        _time.Advance(TimeSpan.FromTicks(1));
        await NextAsync("b\n");
        await leader.SoonAsync();
    }

    [Fact]
    public async Task A_full_one_does_not_wait_and_what_has_no_room_in_it_goes_with_the_next()
    {
        await PublishAsync("a\n");
        await NextAsync("a\n");
        var large = new string('x', SharedBatches.LongestShare - 1) + '\n';
        const int room = LineBatchBuilder.CutBytes / SharedBatches.LongestShare;
        var many = Enumerable.Range(0, room + 1).Select(_ => PublishAsync(large)).ToArray();
        Assert.Equal(LineBatchBuilder.CutBytes, (await _sender.NextAsync()).Batch.Lines.Length);
        await Task.WhenAll(many[..room]).SoonAsync();
        await LingersAsync();
        await LingersAsync();
        _time.Advance(Linger);
        await many[room].SoonAsync();
        Assert.Equal(SharedBatches.LongestShare, (await _sender.NextAsync()).Batch.Lines.Length);
    }

    [Theory]
    [InlineData(1, 16_000)]
    [InlineData(100, 10_000)]
    public async Task A_shared_one_has_no_more_lines_than_any_other_and_no_more_cells(int columns, int firstLines)
    {
        var pipeline = Definitions.RefusingAll(columns: columns);
        _shared = Share(pipeline);
        await PublishAsync("a\n");
        var first = await NextAsync("a\n");
        var many = string.Concat(Enumerable.Repeat("{}\n", 2_000));
        var all = Enumerable.Range(0, 9).Select(_ => PublishAsync(many)).ToArray();
        first.Confirm();

        var counts = new List<int>();
        while (counts.Sum() < 18_000)
        {
            var attempt = await _sender.NextAsync();
            counts.Add(attempt.Batch.Segments.Sum(s => s.Lines));
            attempt.Confirm();
        }

        Assert.Equal(firstLines, counts[0]);
        Assert.All(counts, count => Assert.InRange(count, 1, LinesPerBatch.Of(pipeline)));
        Assert.Equal(18_000, counts.Sum());
        await Task.WhenAll(await Task.WhenAll(all).SoonAsync()).SoonAsync();
    }

    [Fact]
    public async Task What_can_be_sent_again_goes_alone_under_the_id_that_it_has_each_time()
    {
        await PublishAsync("a\n");
        var first = await NextAsync("a\n");
        var leader = PublishAsync("b\n");
        var replayed = new[] { "one", "two" }.Select(name => Source.Replay(name, Lines.Pipeline)).ToArray();
        var sending = replayed
            .Select(source => new SourceOutlet(_publisher, shared: _shared).PublishAsync(Only(source, "c\n"), _aborting.Token).AsTask())
            .ToArray();
        Assert.Equal(replayed.Length, _sender.Waiting);
        foreach (var source in replayed)
        {
            using var again = Only(source, "c\n");
            var sent = (await NextAsync("c\n")).Batch;
            Assert.Equal((again.Id, true, source.Id), (sent.Id, sent.Replayable, Assert.Single(sent.Segments).SourceId));
        }

        await Task.WhenAll(sending).SoonAsync();
        first.Confirm();
        Assert.False((await NextAsync("b\n")).Batch.Replayable);
        await leader.SoonAsync();
    }

    [Fact]
    public async Task Who_gives_up_gives_up_for_all_that_are_not_under_way()
    {
        await PublishAsync("a\n");
        await NextAsync("a\n");
        var leader = PublishAsync("b\n");
        var other = await PublishAsync("c\n");
        _aborting.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => other.SoonAsync());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await (await leader).SoonAsync());
    }

    [Fact]
    public async Task A_failure_is_everybodys_whose_lines_it_meets()
    {
        await PublishAsync("a\n");
        var first = await NextAsync("a\n");
        var leader = PublishAsync("b\n");
        var other = await PublishAsync("c\n");
        first.Confirm();
        (await NextAsync("b\nc\n")).Break(new InvalidOperationException("broken"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => other.SoonAsync());
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await (await leader).SoonAsync());
    }

    [Fact]
    public async Task Each_source_learns_what_became_of_its_own_lines()
    {
        await PublishAsync("a\n");
        var first = await NextAsync("a\n");
        var (one, two) = (Guid.NewGuid(), Guid.NewGuid());
        using var tallyOfOne = _commits.Open(one, Lines.Pipeline.Name);
        using var tallyOfTwo = _commits.Open(two, Lines.Pipeline.Name);
        var leader = PublishAsync("b\n", tallyOfOne);
        await PublishAsync("c\nd\n", tallyOfTwo);
        first.Confirm();
        var shared = await NextAsync("b\nc\nd\n");
        var (settledOne, settledTwo) = (tallyOfOne.AllSettledAsync(), tallyOfTwo.AllSettledAsync());
        Assert.False(settledOne.IsCompleted || settledTwo.IsCompleted);
        _commits.Committed(new BatchCounts
        {
            BatchId = shared.Batch.Id,
            Sources = [new SourceCounts(one, 1, 1, 0, 0, 0), new SourceCounts(two, 2, 1, 1, 0, 0)],
        });
        await Task.WhenAll(settledOne, settledTwo, leader).SoonAsync();
        Assert.Equal((1, 1, 1), (tallyOfOne.Written, tallyOfTwo.Written, tallyOfTwo.Duplicate));
    }

    [Fact]
    public async Task A_source_that_comes_twice_has_its_segments_in_its_order_and_is_counted_once_for_each()
    {
        await PublishAsync("a\n");
        var first = await NextAsync("a\n");
        var source = Guid.NewGuid();
        using var tally = _commits.Open(source, Lines.Pipeline.Name);
        var leader = PublishAsync("b\n", tally, source);
        await PublishAsync("other\n");
        await PublishAsync("c\nd\n", tally, source, offset: 2);
        first.Confirm();
        var shared = await NextAsync("b\nother\nc\nd\n");
        Assert.Equal([(0L, 2L), (2L, 4L)], shared.Batch.Segments.Where(s => s.SourceId == source).Select(s => (s.ByteOffset, s.ByteLength)));
        var settled = tally.AllSettledAsync();
        _commits.Committed(new BatchCounts
        {
            BatchId = shared.Batch.Id,
            Sources = [new SourceCounts(source, 1, 1, 0, 0, 0), new SourceCounts(source, 2, 1, 1, 0, 0)],
        });
        await Task.WhenAll(settled, leader).SoonAsync();
        Assert.Equal((2, 1), (tally.Written, tally.Duplicate));
    }

    private SharedBatches Share(PipelineDefinition pipeline) => new(pipeline, _publisher, _commits, Linger, _time);

    private async Task LingersAsync() => Assert.Equal(Linger, await _time.NextWaitAsync());

    private async Task<Attempt<LineBatch>> NextAsync(string lines)
    {
        var attempt = await _sender.NextAsync();
        Assert.Equal(lines, Encoding.ASCII.GetString(attempt.Batch.Lines.Span));
        return attempt;
    }

    /// <summary>All that a source sends, as it is cut.</summary>
    private LineBatch Only(Source source, string lines)
    {
        using var builder = new LineBatchBuilder(source, _time);
        builder.Advance(Encoding.ASCII.GetBytes(lines, builder.GetMemory().Span));
        return Assert.Single(builder.Complete());
    }

    private Task<Task> PublishAsync(string lines, SourceTally? tally = null, Guid? source = null, long offset = 0)
    {
        var count = lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
        var memory = PooledMemory.Rent(lines.Length);
        Encoding.ASCII.GetBytes(lines, memory.Memory.Span);
        var batch = new LineBatch
        {
            Id = Guid.CreateVersion7(),
            Pipeline = Lines.Pipeline.Name,
            Definition = Lines.Pipeline.Version,
            Segments =
            [
                new Segment
                {
                    SourceId = source ?? Guid.NewGuid(), Source = "s", FirstLine = 1, NextLine = count + 1, ByteOffset = offset,
                    ByteLength = lines.Length, Lines = count, PayloadLength = lines.Length,
                },
            ],
            Lines = memory.Memory,
        }.Owning(memory);
        return _shared.PublishAsync(batch, tally, _aborting.Token).AsTask();
    }
}
