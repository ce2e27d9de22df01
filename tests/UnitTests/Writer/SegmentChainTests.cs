using Ingest.Writer.Audit;

namespace Ingest.UnitTests.Writer;

public class SegmentChainTests
{
    [Fact]
    public void A_file_that_got_shorter_is_balanced_however_much_lies_behind_its_end()
    {
        var chain = new SegmentChain((Lines: 3, Bytes: 25));
        chain.Add(0, 10, 1, 2);
        chain.Add(10, 10, 1, 3);
        chain.Add(20, 5, 1, 4);
        for (var line = 3; line <= 200; line++)
            chain.Add((line - 1) * 10, 10, 1, line + 1);
        var audit = chain.Close(Guid.NewGuid(), "test");
        Assert.Equal((SourceState.Balanced, 3L, null), (audit.State, audit.Lines, audit.MissingFrom));
    }

    [Fact]
    public void A_hole_is_found_behind_many_segments()
    {
        var chain = new SegmentChain((Lines: 200, Bytes: 2000));
        foreach (var line in Enumerable.Range(1, 200).Where(line => line != 151))
            chain.Add((line - 1) * 10, 10, 1, line + 1);
        var audit = chain.Close(Guid.NewGuid(), "test");
        Assert.Equal((SourceState.Gap, 150L, 151L, 1500L), (audit.State, audit.Lines, audit.MissingFrom, audit.MissingFromByte));
    }

    [Fact]
    public void A_source_without_an_end_is_incomplete()
    {
        var chain = new SegmentChain(null);
        chain.Add(0, 10, 1, 2);
        var audit = chain.Close(Guid.NewGuid(), null);
        Assert.Equal((SourceState.Incomplete, 1L, 2L), (audit.State, audit.Lines, audit.MissingFrom));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void Any_of_the_chains_that_meet_at_a_byte_may_be_the_sources(long lines)
    {
        // What was damaged had a line less in the same bytes, or a line more.
        var chain = new SegmentChain((Lines: lines + 1, Bytes: 30));
        chain.Add(0, 10, 1, 2);
        chain.Add(0, 20, 3, 4);
        chain.Add(10, 10, 3, 5);
        chain.Add(20, 10, 1, 6);
        Assert.Equal(SourceState.Balanced, chain.Close(Guid.NewGuid(), "test").State);
    }

    [Theory]
    [InlineData(2, 10)]
    [InlineData(2, 15)]
    public void Damage_behind_the_last_line_is_a_line_without_bytes_and_nothing_of_the_repaired_source(long lines, long bytes)
    {
        var chain = new SegmentChain((lines, bytes));
        chain.Add(0, 10, 1, 2);
        chain.Add(10, 0, 1, 3);
        if (bytes > 10)
            chain.Add(10, 5, 1, 3);
        Assert.Equal(SourceState.Balanced, chain.Close(Guid.NewGuid(), "test").State);
    }
}
