using System.Text;
using CsCheck;
using Ingest.Messaging;

namespace Ingest.UnitTests.Messaging;

/// <summary>Batches of every shape that the wire format can carry.</summary>
internal static class BatchGenerators
{
    private static readonly Gen<string> Text = Gen.OneOf(
        Gen.OneOf("", "p", "/data/RC_2018-10.xz", "日本語 \U0001F600 \0\n"), Gen.String[Gen.Char[' ', '\u0fff'], 0, 300]);

    private static readonly Gen<long> Place = Gen.OneOf(Gen.Long[0, 300], Gen.Long[0, long.MaxValue / 2]);

    private static readonly Gen<byte[]> Bytes = Gen.OneOf(
        Gen.Byte.Array[0, 50],
        Gen.Byte.Array[2_000, 20_000],
        Gen.Int[0, 3_000].Select(n => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, n).Select(i => $"{{\"id\":{i}}}\n")))));

    private static readonly Gen<Segment> Segment =
        from places in Gen.Select(Place, Place, Place)
        from counts in Gen.Int[0, int.MaxValue].Array[3]
        from physical in Gen.Long[0, 100_000]
        from names in Gen.Select(Gen.Guid, Text)
        select new Segment
        {
            SourceId = names.Item1,
            Source = names.Item2,
            FirstLine = places.Item1,
            NextLine = places.Item1 + physical,
            ByteOffset = places.Item2,
            ByteLength = places.Item3,
            Lines = counts[0],
            Filtered = counts[1],
            Rejected = counts[2],
        };

    private static readonly Gen<SourceEnd> End =
        from names in Gen.Select(Gen.Guid, Text)
        from places in Gen.Select(Place, Place, Place)
        from time in Gen.DateTime
        select new SourceEnd(names.Item1, names.Item2, places.Item1, places.Item2, places.Item3, new DateTimeOffset(time, TimeSpan.Zero));

    public static readonly Gen<LineBatch> Lines =
        from start in Gen.Select(Gen.Guid, Text, Text, Gen.Bool)
        from segments in Segment.Array[0, 8]
        from rejects in Rejects(segments.Length)
        from ends in End.Array[0, 3]
        from parts in Bytes.Array[segments.Length]
        select new LineBatch
        {
            Id = start.Item1,
            Pipeline = start.Item2,
            Definition = start.Item3,
            Replayable = start.Item4,
            Segments = [.. segments.Zip(parts, (segment, part) => segment with { PayloadLength = part.Length })],
            Rejects = rejects,
            Ends = ends,
            Lines = parts.SelectMany(part => part).ToArray(),
        };

    public static readonly Gen<RowBatch> Rows =
        from start in Gen.Select(Gen.Guid, Text, Text)
        from columns in Gen.Select(Text, Gen.Enum<ColumnType>()).Select((name, type) => new RowColumn(name, type)).Array[0, 20]
        from segments in Segment.Array[0, 8]
        from rejects in Rejects(segments.Length)
        from ends in End.Array[0, 3]
        from steps in Gen.OneOf(Gen.Int[0, 3].Array[0, 500], Gen.Int[0, 100_000].Array[0, 5]).Array[segments.Length]
        from tuples in Bytes
        select new RowBatch
        {
            Id = start.Item1,
            Pipeline = start.Item2,
            Definition = start.Item3,
            Columns = columns,
            Segments = [.. segments.Zip(steps, (segment, rows) => segment with { Rows = rows.Length })],
            Rejects = rejects,
            Ends = ends,
            RowLines = [.. segments.Zip(steps).SelectMany(s => s.Second.Select((_, i) => s.First.FirstLine + s.Second.Take(i + 1).Sum(n => (long)n)))],
            Tuples = tuples,
        };

    private static Gen<Reject[]> Rejects(int segments) =>
        (from place in Gen.Select(Gen.Int[0, Math.Max(0, segments - 1)], Place, Gen.Enum<RejectReason>())
         from texts in Gen.Select(Gen.Null(Text), Gen.Null(Text), Gen.Null(Text))
         from raw in Gen.Select(Bytes, Place)
         select new Reject
         {
             Segment = place.Item1,
             Line = place.Item2,
             Reason = place.Item3,
             Column = texts.Item1,
             Detail = texts.Item2,
             SqlState = texts.Item3,
             Raw = raw.Item1,
             RawLength = raw.Item2,
         }).Array[0, segments == 0 ? 0 : 6];

    /// <summary>All that a batch says, to compare two of them.</summary>
    public static string Describe(LineBatch batch) =>
        $"{batch.Id} {batch.Pipeline} {batch.Definition} {batch.Replayable} {Common(batch.Segments, batch.Rejects, batch.Ends)} {Convert.ToHexString(batch.Lines.Span)}";

    public static string Describe(RowBatch batch) =>
        $"{batch.Id} {batch.Pipeline} {batch.Definition} {string.Join(' ', batch.Columns)} {Common(batch.Segments, batch.Rejects, batch.Ends)} {string.Join(' ', batch.RowLines)} {Convert.ToHexString(batch.Tuples.Span)}";

    private static string Common(IReadOnlyList<Segment> segments, IReadOnlyList<Reject> rejects, IReadOnlyList<SourceEnd> ends) => string.Join(
        '\n',
        segments.Select(s => s.ToString())
            .Concat(rejects.Select(r => $"{r with { Raw = default }} {Convert.ToHexString(r.Raw.Span)}"))
            .Concat(ends.Select(e => $"{e} {e.EndedAt.Ticks}")));
}
