using System.Buffers;

namespace Ingest.Messaging.Wire;

/// <summary>
/// A <see cref="RowBatch"/> on the wire: kind 'R', version, id, pipeline, definition, columns, segments, rejects, ends,
/// the rows' line numbers as differences within their segment, then the tuples to the end of the body.
/// </summary>
internal static class RowBatchCodec
{
    private const byte Kind = (byte)'R';

    public static void EncodeHead(RowBatch batch, WireWriter writer)
    {
        BatchHeader.WriteStart(writer, Kind, batch.Id, batch.Pipeline, batch.Definition);
        writer.Varint(batch.Columns.Count);
        foreach (var column in batch.Columns)
        {
            writer.Text(column.Name);
            writer.Byte((byte)column.Type);
        }

        BatchHeader.WriteSegments(writer, batch.Segments);
        BatchHeader.WriteRejects(writer, batch.Rejects);
        BatchHeader.WriteEnds(writer, batch.Ends);

        var row = 0;
        foreach (var segment in batch.Segments)
        {
            var line = segment.FirstLine;
            for (var i = 0; i < segment.Rows; i++, row++)
            {
                writer.Varint(batch.RowLines[row] - line);
                line = batch.RowLines[row];
            }
        }
    }

    public static RowBatch Decode(IMemoryOwner<byte> body)
    {
        var reader = new WireReader(body.Memory.Span);
        var (id, pipeline, definition) = BatchHeader.ReadStart(ref reader, Kind);
        var columns = new RowColumn[reader.ItemCount(leastBytes: 2)];
        for (var i = 0; i < columns.Length; i++)
            columns[i] = new RowColumn(reader.Text(), ReadType(ref reader));
        var segments = BatchHeader.ReadSegments(ref reader);
        var rejects = BatchHeader.ReadRejects(ref reader, segments.Length);
        var ends = BatchHeader.ReadEnds(ref reader);

        var rows = segments.Sum(s => (long)s.Rows);
        if (rows > reader.Remaining)
            throw new BatchFormatException("The batch names more rows than it holds.");
        var lines = new long[rows];
        var row = 0;
        foreach (var segment in segments)
        {
            var line = segment.FirstLine;
            for (var i = 0; i < segment.Rows; i++)
                lines[row++] = line = reader.PlaceAfter(line);
        }

        return new RowBatch
        {
            Id = id,
            Pipeline = pipeline,
            Definition = definition,
            Columns = columns,
            Segments = segments,
            Rejects = rejects,
            Ends = ends,
            RowLines = lines,
            Tuples = body.Memory[^reader.Remaining..],
        }.Owning(body);
    }

    private static ColumnType ReadType(ref WireReader reader)
    {
        var type = (ColumnType)reader.Byte();
        return Enum.IsDefined(type) ? type : throw new BatchFormatException($"The column type {(byte)type} is unknown.");
    }
}
