using Ingest.Writer;

namespace Ingest.UnitTests.Writer;

public class TransactionLimitTests
{
    private static readonly TimeSpan Slow = TransactionLimit.Longest + TimeSpan.FromTicks(1);
    private static readonly TimeSpan Fast = TransactionLimit.Longest / 4;

    private readonly TransactionLimit _limit = new(new WriterOptions { MaxTransactionRows = 8_000 });

    [Fact]
    public void Slow_ones_halve_it_down_to_a_few_rows_and_fast_full_ones_double_it_up_to_the_option()
    {
        Assert.Equal(8_000, Rows());
        foreach (var rows in new[] { 4_000, 2_000, 1_000, 500, 500 })
        {
            _limit.Note(wasFull: true, Slow);
            Assert.Equal(rows, Rows());
        }

        foreach (var rows in new[] { 1_000, 2_000, 4_000, 8_000, 8_000 })
        {
            _limit.Note(wasFull: true, Fast);
            Assert.Equal(rows, Rows());
        }
    }

    [Fact]
    public void What_is_neither_slow_nor_fast_and_what_was_small_leave_it()
    {
        _limit.Note(wasFull: true, Slow);
        _limit.Note(wasFull: true, TransactionLimit.Longest);
        _limit.Note(wasFull: true, Fast + TimeSpan.FromTicks(1));
        _limit.Note(wasFull: false, TimeSpan.Zero);
        Assert.Equal(4_000, Rows());
    }

    [Fact]
    public void Where_few_rows_are_asked_for_it_stays_at_that()
    {
        var limit = new TransactionLimit(new WriterOptions { MaxTransactionRows = 10 });
        limit.Note(wasFull: true, Slow);
        Assert.True(limit.IsReached(10, 0));
        Assert.False(limit.IsReached(9, 0));
    }

    [Fact]
    public void Bytes_are_as_the_option_says()
    {
        var bytes = new WriterOptions().MaxTransactionBytes;
        Assert.True(_limit.IsReached(0, bytes));
        Assert.False(_limit.IsReached(0, bytes - 1));
    }

    private int Rows() => Enumerable.Range(0, 8_001).First(rows => _limit.IsReached(rows, 0));
}
