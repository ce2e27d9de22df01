using System.Buffers.Binary;
using System.Text;

namespace Ingest.SimulationTests.Store;

/// <summary>Reads the rows of the scenarios' table, id bigint, tag text, n integer, from binary COPY tuples.</summary>
internal static class Tuples
{
    public static List<StoredRow> Read(ReadOnlySpan<byte> tuples, Guid batch)
    {
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
                batch));
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
