using Ingest.Pipelines.Rows;

namespace Ingest.UnitTests.Compiled;

public sealed class TupleWriterTests
{
    [Fact]
    public void What_was_grown_for_a_row_that_did_not_become_one_is_not_handed_over()
    {
        using var writer = new TupleWriter();
        writer.WriteField("kept"u8);
        writer.Append(new byte[1_000_000]);
        writer.Rewind(8);
        using var rows = writer.Detach();
        Assert.Equal([0, 0, 0, 4, .. "kept"u8], rows.Memory.ToArray());
        Assert.InRange(rows.Array.Length, 8, 4096);
        Assert.Equal(0, writer.Length);
    }
}
