using CsCheck;

namespace Ingest.UnitTests.Messaging;

public class BatchSizeTests
{
    [Fact]
    public void The_lines_of_rejects_count_as_memory() =>
        Gen.Select(BatchGenerators.Lines, BatchGenerators.Rows).Sample((lines, rows) =>
        {
            Assert.InRange(lines.Size, lines.Lines.Length + lines.Rejects.Sum(r => r.Raw.Length), int.MaxValue);
            Assert.InRange(rows.Size, rows.Tuples.Length + rows.Rejects.Sum(r => r.Raw.Length), int.MaxValue);
        });
}
