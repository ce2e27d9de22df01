using System.Text;
using Ingest.Gateway.Framing;
using Ingest.Pipelines.Definition;

namespace Ingest.UnitTests.Gateway;

public class BatchIdTests
{
    private static readonly PipelineDefinition Definition = Definitions.RefusingAll(100);

    [Fact]
    public void The_same_file_again_gives_the_same_ids()
    {
        Assert.Equal(Ids("a\nb\nc"), Ids("a\nb\nc"));
        Assert.All(Ids("a\nb\nc"), id => Assert.Equal(8, id.Version));
    }

    [Fact]
    public void Another_name_definition_or_content_gives_other_ids()
    {
        Guid[] ids =
        [
            Ids("a\n")[0],
            Ids("b\n")[0],
            Ids("a")[0],
            Ids("\n")[0],
            Ids("", Source.Replay("/data/file.json", Definition))[0],
            Ids("a\n", Source.Replay("/data/other.json", Definition))[0],
            Ids("a\n", Source.Replay("/data/file.json", Definitions.RefusingAll(101)))[0],
        ];
        Assert.Equal(ids.Length, ids.Distinct().Count());
    }

    [Fact]
    public void Equal_lines_at_two_places_are_two_batches()
    {
        var line = new string('x', 90) + "\n";
        var ids = Ids(string.Concat(Enumerable.Repeat(line, 10_000)));
        Assert.Equal(ids.Count, ids.Distinct().Count());
    }

    [Fact]
    public void A_byte_order_mark_makes_another_file() => Assert.Empty(Ids("a\n").Intersect(Ids("\uFEFFa\n")));

    [Fact]
    public void A_corrupt_tail_is_never_taken_for_a_line_or_an_end()
    {
        Assert.Empty(Ids("").Intersect(Ids("", ending: SourceEnding.Corrupt)));
        Assert.Empty(Ids("abc").Intersect(Ids("abc", ending: SourceEnding.Corrupt)));

        var tooLong = new string('x', 2 * LineBatchBuilder.CutBytes);
        Assert.Empty(Ids(tooLong).Intersect(Ids(tooLong, ending: SourceEnding.Corrupt)));
    }

    [Fact]
    public void A_live_source_never_gives_the_same_id_twice()
    {
        var source = Cutting.Live(Definition);
        Assert.Empty(Ids("a\n", source).Intersect(Ids("a\n", source)));
        Assert.All(Ids("a\n", source), id => Assert.Equal(7, id.Version));
    }

    private static List<Guid> Ids(string content, Source? source = null, SourceEnding ending = SourceEnding.Complete)
    {
        var cutting = Cutting.Of(source ?? Cutting.Replayable(Definition), Encoding.UTF8.GetBytes(content), [int.MaxValue], ending);
        return [.. cutting.Batches.Select(b => b.Id)];
    }
}
