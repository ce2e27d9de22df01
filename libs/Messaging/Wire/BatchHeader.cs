namespace Ingest.Messaging.Wire;

/// <summary>The parts that line and row batches have in common, and their spelling on the wire.</summary>
internal static class BatchHeader
{
    /// <summary>Raised when a field is added or changes its meaning; a reader refuses every other number.</summary>
    public const byte Version = 1;

    public static void WriteStart(WireWriter writer, byte kind, Guid id, string pipeline, string definition)
    {
        writer.Byte(kind);
        writer.Byte(Version);
        writer.Guid(id);
        writer.Text(pipeline);
        writer.Text(definition);
    }

    public static (Guid Id, string Pipeline, string Definition) ReadStart(ref WireReader reader, byte kind)
    {
        var (foundKind, version) = (reader.Byte(), reader.Byte());
        if (foundKind != kind)
            throw new BatchFormatException($"The batch is of kind '{(char)foundKind}', not '{(char)kind}'.");
        if (version != Version)
            throw new UnknownBatchVersionException($"The batch is of version {version}; this build reads version {Version}.");
        return (reader.Guid(), reader.Text(), reader.Text());
    }

    // Ids of 16 bytes, a time of 8, and a byte for everything else.
    private const int LeastSegmentBytes = 16 + 10;
    private const int LeastRejectBytes = 8;
    private const int LeastEndBytes = 16 + 4 + 8;

    public static void WriteSegments(WireWriter writer, IReadOnlyList<Segment> segments)
    {
        writer.Varint(segments.Count);
        foreach (var segment in segments)
        {
            writer.Guid(segment.SourceId);
            writer.Text(segment.Source);
            writer.Varint(segment.FirstLine);
            writer.Varint(segment.NextLine - segment.FirstLine);
            writer.Varint(segment.ByteOffset);
            writer.Varint(segment.ByteLength);
            writer.Varint(segment.Lines);
            writer.Varint(segment.PayloadLength);
            writer.Varint(segment.Filtered);
            writer.Varint(segment.Rejected);
            writer.Varint(segment.Rows);
        }
    }

    public static Segment[] ReadSegments(ref WireReader reader)
    {
        var segments = new Segment[reader.ItemCount(LeastSegmentBytes)];
        for (var i = 0; i < segments.Length; i++)
        {
            var (sourceId, source, firstLine) = (reader.Guid(), reader.Text(), reader.Place());
            segments[i] = new Segment
            {
                SourceId = sourceId,
                Source = source,
                FirstLine = firstLine,
                NextLine = reader.PlaceAfter(firstLine),
                ByteOffset = reader.Place(),
                ByteLength = reader.Place(),
                Lines = reader.Count(),
                PayloadLength = reader.Count(),
                Filtered = reader.Count(),
                Rejected = reader.Count(),
                Rows = reader.Count(),
            };
        }

        return segments;
    }

    public static void WriteRejects(WireWriter writer, IReadOnlyList<Reject> rejects)
    {
        writer.Varint(rejects.Count);
        foreach (var reject in rejects)
        {
            writer.Varint(reject.Segment);
            writer.Varint(reject.Line);
            writer.Byte((byte)reject.Reason);
            writer.OptionalText(reject.Column);
            writer.OptionalText(reject.Detail);
            writer.OptionalText(reject.SqlState);
            writer.Bytes(reject.Raw.Span);
            writer.Varint(reject.RawLength);
        }
    }

    /// <param name="reader">The batch's body.</param>
    /// <param name="segments">How many segments the batch has.</param>
    public static Reject[] ReadRejects(ref WireReader reader, int segments)
    {
        var rejects = new Reject[reader.ItemCount(LeastRejectBytes)];
        for (var i = 0; i < rejects.Length; i++)
        {
            rejects[i] = new Reject
            {
                Segment = reader.Count(),
                Line = reader.Place(),
                Reason = ReadReason(ref reader),
                Column = reader.OptionalText(),
                Detail = reader.OptionalText(),
                SqlState = reader.OptionalText(),
                Raw = reader.Bytes().ToArray(),
                RawLength = reader.Place(),
            };
            if (rejects[i].Segment >= segments)
                throw new BatchFormatException("A reject belongs to no segment of the batch.");
        }

        return rejects;
    }

    private static RejectReason ReadReason(ref WireReader reader)
    {
        var reason = (RejectReason)reader.Byte();
        return Enum.IsDefined(reason) ? reason : throw new BatchFormatException($"The reason {(byte)reason} of a reject is unknown.");
    }

    public static void WriteEnds(WireWriter writer, IReadOnlyList<SourceEnd> ends)
    {
        writer.Varint(ends.Count);
        foreach (var end in ends)
        {
            writer.Guid(end.SourceId);
            writer.Text(end.Source);
            writer.Varint(end.Lines);
            writer.Varint(end.LastLine);
            writer.Varint(end.Bytes);
            writer.Long(end.EndedAt.UtcTicks);
        }
    }

    public static SourceEnd[] ReadEnds(ref WireReader reader)
    {
        var ends = new SourceEnd[reader.ItemCount(LeastEndBytes)];
        for (var i = 0; i < ends.Length; i++)
        {
            ends[i] = new SourceEnd(
                reader.Guid(),
                reader.Text(),
                reader.Place(),
                reader.Place(),
                reader.Place(),
                reader.Time());
        }

        return ends;
    }
}
