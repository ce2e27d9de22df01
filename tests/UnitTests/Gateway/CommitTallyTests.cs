using Ingest.Gateway.Receipts;
using Ingest.ServiceDefaults.Control;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Ingest.UnitTests.Gateway;

public class CommitTallyTests
{
    private static readonly TimeSpan InquireAfter = TimeSpan.FromSeconds(5);

    private readonly FakeTimeProvider _time = new();
    private readonly CommitTally _commits;
    private readonly Guid _source = Guid.NewGuid();
    private readonly Guid _first = Guid.NewGuid();
    private readonly Guid _second = Guid.NewGuid();

    public CommitTallyTests() => _commits = new CommitTally(2, InquireAfter, _time);

    [Fact]
    public async Task A_source_is_settled_when_every_one_of_its_batches_is()
    {
        using var tally = await OpenAsync(_first, _second);
        _commits.Committed(Counts(_second, written: 2));
        var settled = tally.AllSettledAsync();
        Assert.False(settled.IsCompleted);
        _commits.Committed(Counts(_first, written: 3));
        await settled.SoonAsync();
        Assert.Equal(5, tally.Written);
    }

    [Fact]
    public async Task A_source_is_not_settled_before_it_has_ended()
    {
        using var tally = await OpenAsync(_first);
        _commits.Committed(Counts(_first, written: 1));
        await tally.AddAsync(_second, CancellationToken.None);
        var settled = tally.AllSettledAsync();
        Assert.False(settled.IsCompleted);
        _commits.Committed(Counts(_second, written: 1));
        await settled.SoonAsync();
    }

    [Fact]
    public async Task A_notice_that_comes_twice_counts_once()
    {
        using var tally = await OpenAsync(_first, _second);
        _commits.Committed(Counts(_first, written: 3));
        _commits.Committed(Counts(_first, written: 3));
        _commits.Committed(Counts(Guid.NewGuid(), written: 9));
        Assert.Equal((3, 1), (tally.Written, tally.Outstanding.Count));
    }

    [Fact]
    public async Task Only_the_counts_of_the_source_itself_are_its()
    {
        using var tally = await OpenAsync(_first);
        _commits.Committed(new BatchCounts
        {
            BatchId = _first,
            Sources = [new SourceCounts(_source, 10, 1, 2, 3, 4), new SourceCounts(Guid.NewGuid(), 9, 9, 0, 0, 0)],
        });
        Assert.Equal((1, 2, 3, 4), (tally.Written, tally.Duplicate, tally.Filtered, tally.Rejected));
    }

    [Fact]
    public async Task A_batch_whose_notice_was_lost_is_asked_for_and_ever_less_often()
    {
        using var tally = await OpenAsync(_first, _second);
        Assert.Empty(_commits.TakeOverdue(10));
        _time.Advance(InquireAfter);
        var inquiry = Assert.Single(_commits.TakeOverdue(10));
        Assert.Equal("p", inquiry.Pipeline);
        Assert.Equal([_first, _second], inquiry.BatchIds.Order(Comparer<Guid>.Create((a, b) => a == _first ? -1 : b == _first ? 1 : 0)));

        _commits.Committed(Counts(_second, written: 1));
        _time.Advance(InquireAfter);
        Assert.Empty(_commits.TakeOverdue(10));
        _time.Advance(InquireAfter);
        Assert.Equal([_first], Assert.Single(_commits.TakeOverdue(10)).BatchIds);
    }

    [Fact]
    public async Task Inquiries_are_bounded_in_size()
    {
        using var tally = await OpenAsync(_first, _second);
        _time.Advance(InquireAfter);
        Assert.Equal(2, _commits.TakeOverdue(1).Count);
    }

    [Fact]
    public async Task A_source_waits_before_it_sends_while_too_many_batches_are_uncommitted()
    {
        using var tally = await OpenAsync(_first, _second);
        var third = tally.AddAsync(Guid.NewGuid(), CancellationToken.None).AsTask();
        Assert.False(third.IsCompleted);
        _commits.Committed(Counts(_first, written: 1));
        await third.SoonAsync();
    }

    [Fact]
    public async Task A_source_that_is_gone_makes_room_and_is_not_asked_for()
    {
        using (await OpenAsync(_first, _second))
        {
            Assert.True(_commits.AnyAsync.IsCompleted);
        }

        Assert.False(_commits.AnyAsync.IsCompleted);
        _time.Advance(InquireAfter);
        Assert.Empty(_commits.TakeOverdue(10));
        using var next = await OpenAsync(Guid.NewGuid(), Guid.NewGuid());
    }

    private async Task<SourceTally> OpenAsync(params Guid[] batches)
    {
        var tally = _commits.Open(_source, "p");
        foreach (var batch in batches)
            await tally.AddAsync(batch, CancellationToken.None).AsTask().SoonAsync();
        return tally;
    }

    private BatchCounts Counts(Guid batch, int written) =>
        new() { BatchId = batch, Sources = [new SourceCounts(_source, written, written, 0, 0, 0)] };
}
