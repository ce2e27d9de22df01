using System.Buffers;

namespace Ingest.Messaging.Wire;

/// <summary>
/// A <see cref="LineBatch"/> on the wire: kind 'L', version, id, pipeline, definition, replayable, segments, rejects,
/// ends, then the lines to the end of the body.
/// </summary>
internal static class LineBatchCodec
{
    private const byte Kind = (byte)'L';

    public static void EncodeHead(LineBatch batch, WireWriter writer)
    {
        BatchHeader.WriteStart(writer, Kind, batch.Id, batch.Pipeline, batch.Definition);
        writer.Byte(batch.Replayable ? (byte)1 : (byte)0);
        BatchHeader.WriteSegments(writer, batch.Segments);
        BatchHeader.WriteRejects(writer, batch.Rejects);
        BatchHeader.WriteEnds(writer, batch.Ends);
    }

    public static LineBatch Decode(IMemoryOwner<byte> body)
    {
        var reader = new WireReader(body.Memory.Span);
        var (id, pipeline, definition) = BatchHeader.ReadStart(ref reader, Kind);
        var replayable = reader.Byte() != 0;
        var segments = BatchHeader.ReadSegments(ref reader);
        var batch = new LineBatch
        {
            Id = id,
            Pipeline = pipeline,
            Definition = definition,
            Replayable = replayable,
            Segments = segments,
            Rejects = BatchHeader.ReadRejects(ref reader, segments.Length),
            Ends = BatchHeader.ReadEnds(ref reader),
            Lines = body.Memory[^reader.Remaining..],
        };
        if (batch.Segments.Sum(s => (long)s.PayloadLength) != batch.Lines.Length)
            throw new BatchFormatException("The segments do not cover the batch's lines.");
        return batch.Owning(body);
    }
}
