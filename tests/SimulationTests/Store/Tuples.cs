using System.Buffers.Binary;
using System.Text;
using Ingest.Messaging;

namespace Ingest.SimulationTests.Store;

/// <summary>Reads the rows of the scenarios' table, id bigint, tag text, n integer, from binary COPY tuples.</summary>
internal static class Tuples
{
    public static List<StoredRow> Read(RowBatch batch)
    {
        var sources = batch.Segments.SelectMany(s => Enumerable.Repeat(s.Source, s.Rows)).ToList();
        var tuples = batch.Tuples.Span;
        var rows = new List<StoredRow>();
        while (!tuples.IsEmpty)
        {
            Assert.Equal(3, BinaryPrimitives.ReadInt16BigEndian(tuples));
            tuples = tuples[2..];
            var id = Field(ref tuples);
            var tag = Field(ref tuples);
            var number = Field(ref tuples);
            rows.Add(new StoredRow(
                BinaryPrimitives.ReadInt64BigEndian(id),
                Encoding.UTF8.GetString(tag),
                number.IsEmpty ? null : BinaryPrimitives.ReadInt32BigEndian(number),
                sources[rows.Count],
                batch.RowLines[rows.Count]));
        }

        return rows;
    }

    private static ReadOnlySpan<byte> Field(ref ReadOnlySpan<byte> rest)
    {
        var length = Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(rest));
        var field = rest.Slice(4, length);
        rest = rest[(4 + length)..];
        return field;
    }
}
