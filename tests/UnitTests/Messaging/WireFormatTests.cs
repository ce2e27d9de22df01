using Ingest.Messaging;
using Ingest.Messaging.RabbitMq;
using Ingest.Messaging.Wire;

namespace Ingest.UnitTests.Messaging;

/// <summary>
/// Bodies as releases have left them in queues, where an update finds them. None of these bytes may ever change: what a
/// build spells otherwise needs a version of its own, and its bodies stand here beside those of the versions before.
/// </summary>
public class WireFormatTests
{
    private const string Start =
        "0123456789ab7def8123456789abcdef" + "08636f6d6d656e7473" + "1030313233343536373839616263646566"; // id, pipeline, definition

    private const string End =
        "01" + "11111111222283338444555555555555" + "05c3a92e787a" + "d00f" + "b002" + "e88780808020" // source, lines, last line, bytes
        + "8000b796ab49de08"; // ended at

    private const string LineBatchBytes =
        "4c" + "01" + Start + "01" // kind, version, replayable
        + "02" // segments: source, lines, bytes, counts
        + "11111111222283338444555555555555" + "05c3a92e787a" + "ac02" + "05" + "808080808020" + "e807" + "04" + "09" + "01" + "02" + "00"
        + "66666666777788889999aaaaaaaaaaaa" + "0173" + "01" + "01" + "00" + "03" + "01" + "03" + "00" + "00" + "00"
        + "02" // rejects: segment, line, reason, column, detail, code, bytes, length
        + "00" + "af02" + "04" + "00" + "0108746f6f206c6f6e67" + "00" + "03787878" + "c08db701"
        + "01" + "02" + "08" + "00" + "00" + "00" + "00" + "00"
        + End
        + "7b2261223a317d0a0a" + "7b7d0a"; // lines

    private const string RowBatchBytes =
        "52" + "01" + Start // kind, version
        + "0c" // columns: name, type
        + "02633101" + "02633202" + "02633303" + "02633404" + "02633505" + "02633606"
        + "02633707" + "02633808" + "02633909" + "036331300a" + "036331310b" + "036331320c"
        + "02" // segments
        + "11111111222283338444555555555555" + "05c3a92e787a" + "ac02" + "0c" + "808080808020" + "e807" + "0c" + "00" + "01" + "09" + "02"
        + "66666666777788889999aaaaaaaaaaaa" + "0173" + "01" + "01" + "00" + "03" + "01" + "00" + "00" + "00" + "01"
        + "09" // rejects
        + "00ad0201000000027b7d02" + "00ae0202000000027b7d02" + "00af0203000000027b7d02"
        + "00b00204000000027b7d02" + "00b10205000000027b7d02" + "00b20206000000027b7d02"
        + "00b302" + "07" + "01026337" + "0102c3a9" + "01053233353035" + "027b7d" + "02"
        + "00b40208000000027b7d02" + "00b50209000000027b7d02"
        + End
        + "00" + "02" + "00" // the rows' lines, each as its distance from the one before
        + "00010000000400000007" + "0001ffffffff" + "00010000000400000009"; // tuples

    // Before each: frame and compression, length before compression, XxHash3 of what was compressed.
    private const string OneLineBatch = "10" + "c5000000" + "44cfb77d716bf5da" + LineBatchBytes;
    private const string OneRowBatch = "10" + "58010000" + "ba071bb8731717c8" + RowBatchBytes;
    private const string TwoRowBatches = "20" + "b4020000" + "669766ae09c59adb" + "d802" + RowBatchBytes + "d802" + RowBatchBytes;

    private const string Lz4 =
        "11" + "8c010000" + "b50d8a526c0b26a1"
        + "b14c010123456789ab7def810800f11acdef08636f6d6d656e74731030313233343536373839616263646566000166666666777788889999aa0100a0"
        + "01730101000301c0020001008f7b2261223a317d0a0800ff2150223a317d0a";

    private const string Zstd =
        "12" + "8c010000" + "b50d8a526c0b26a1"
        + "28b52ffd608c00d50200f4044c010123456789ab7def8123456789abcdef08636f6d6d656e7473103031323334353637383961626364656600016666"
        + "6666777788889999aa01730101000301c00200000000007b2261223a317d0a02006a56544b014001";

    [Fact]
    public void A_line_batch_is_spelt_as_it_always_was()
    {
        using var body = Body.Pack(Lines(), BodyCompression.None);
        Assert.Equal(OneLineBatch, Convert.ToHexStringLower(body.Memory.Span));
    }

    [Fact]
    public void A_row_batch_is_spelt_as_it_always_was()
    {
        using var body = Body.Pack(Rows(), BodyCompression.None);
        Assert.Equal(OneRowBatch, Convert.ToHexStringLower(body.Memory.Span));
    }

    [Fact]
    public void Row_batches_in_one_body_are_spelt_as_they_always_were()
    {
        using var joined = new WireWriter(1_000);
        for (var i = 0; i < 2; i++)
        {
            using var encoded = EncodedBatch.Of(Rows());
            joined.Batch(encoded);
        }

        using var body = Body.PackSeveral(joined.Written.Span, BodyCompression.None);
        Assert.Equal(TwoRowBatches, Convert.ToHexStringLower(body.Memory.Span));
    }

    [Fact]
    public void Line_batches_that_lie_in_a_queue_can_be_read()
    {
        using var batch = Assert.Single(Body.Unpack<LineBatch>(Convert.FromHexString(OneLineBatch)));
        Assert.Equal(BatchGenerators.Describe(Lines()), BatchGenerators.Describe(batch));
    }

    [Theory]
    [InlineData(OneRowBatch, 1)]
    [InlineData(TwoRowBatches, 2)]
    public void Row_batches_that_lie_in_a_queue_can_be_read(string body, int count)
    {
        var batches = Body.Unpack<RowBatch>(Convert.FromHexString(body));
        Assert.Equal(Enumerable.Repeat(BatchGenerators.Describe(Rows()), count), batches.Select(BatchGenerators.Describe));
    }

    /// <summary>How a build compresses may change; what another one has compressed stays as it is.</summary>
    [Theory]
    [InlineData(Lz4)]
    [InlineData(Zstd)]
    public void What_was_compressed_can_be_read(string body)
    {
        using var batch = Assert.Single(Body.Unpack<LineBatch>(Convert.FromHexString(body)));
        Assert.Equal(BatchGenerators.Describe(Repeated()), BatchGenerators.Describe(batch));
    }

    /// <summary>In a batch whose checksum is right: another build's, or damaged before it was packed.</summary>
    [Theory]
    [InlineData("00af0204", "00af0200")]
    [InlineData("00af0204", "00af020a")]
    [InlineData("00af0204", "02af0204")]
    public void A_reject_of_no_reason_or_no_segment_is_refused(string part, string other) => Refuses<LineBatch>(LineBatchBytes, part, other);

    /// <inheritdoc cref="A_reject_of_no_reason_or_no_segment_is_refused"/>
    [Theory]
    [InlineData("02633101", "02633100")]
    [InlineData("02633101", "0263310d")]
    public void A_column_of_no_type_is_refused(string part, string other) => Refuses<RowBatch>(RowBatchBytes, part, other);

    private static void Refuses<T>(string batch, string part, string other) where T : class, IBatch<T>
    {
        Assert.Single(Unpack(batch)).Dispose();
        Assert.Throws<BatchFormatException>(() => Unpack(batch.Replace(part, other, StringComparison.Ordinal)));

        static IReadOnlyList<T> Unpack(string batch)
        {
            using var joined = new WireWriter(1_000);
            joined.Bytes(Convert.FromHexString(batch));
            using var body = Body.PackSeveral(joined.Written.Span, BodyCompression.None);
            return Body.Unpack<T>(body.Memory.Span);
        }
    }

    private static LineBatch Lines() => new()
    {
        Id = new Guid("01234567-89ab-7def-8123-456789abcdef"),
        Pipeline = "comments",
        Definition = "0123456789abcdef",
        Replayable = true,
        Segments =
        [
            Segment() with { NextLine = 305, Lines = 4, PayloadLength = 9, Filtered = 1, Rejected = 2 },
            OtherSegment() with { PayloadLength = 3 },
        ],
        Rejects =
        [
            new Reject { Segment = 0, Line = 303, Reason = RejectReason.LineTooLong, Detail = "too long", Raw = "xxx"u8.ToArray(), RawLength = 3_000_000 },
            new Reject { Segment = 1, Line = 2, Reason = RejectReason.CorruptInput, Raw = default, RawLength = 0 },
        ],
        Ends = [Ended()],
        Lines = "{\"a\":1}\n\n{}\n"u8.ToArray(),
    };

    private static RowBatch Rows() => new()
    {
        Id = new Guid("01234567-89ab-7def-8123-456789abcdef"),
        Pipeline = "comments",
        Definition = "0123456789abcdef",
        Columns =
        [
            new("c1", ColumnType.Text), new("c2", ColumnType.SmallInt), new("c3", ColumnType.Integer), new("c4", ColumnType.BigInt),
            new("c5", ColumnType.Real), new("c6", ColumnType.DoublePrecision), new("c7", ColumnType.Numeric), new("c8", ColumnType.Boolean),
            new("c9", ColumnType.Date), new("c10", ColumnType.TimestampTz), new("c11", ColumnType.Uuid), new("c12", ColumnType.Jsonb),
        ],
        Segments = [Segment() with { NextLine = 312, Lines = 12, Filtered = 1, Rejected = 9, Rows = 2 }, OtherSegment() with { Rows = 1 }],
        Rejects =
        [
            Rejected(301, RejectReason.InvalidJson), Rejected(302, RejectReason.InvalidUtf8), Rejected(303, RejectReason.NotAnObject),
            Rejected(304, RejectReason.LineTooLong), Rejected(305, RejectReason.MissingRequired), Rejected(306, RejectReason.InvalidValue),
            Rejected(307, RejectReason.ConstraintViolation) with { Column = "c7", Detail = "é", SqlState = "23505" },
            Rejected(308, RejectReason.CorruptInput), Rejected(309, RejectReason.InternalError),
        ],
        Ends = [Ended()],
        RowLines = [300, 302, 1],
        Tuples = new byte[] { 0, 1, 0, 0, 0, 4, 0, 0, 0, 7, 0, 1, 255, 255, 255, 255, 0, 1, 0, 0, 0, 4, 0, 0, 0, 9 },
    };

    private static LineBatch Repeated() => new()
    {
        Id = new Guid("01234567-89ab-7def-8123-456789abcdef"),
        Pipeline = "comments",
        Definition = "0123456789abcdef",
        Segments = [OtherSegment() with { PayloadLength = 320 }],
        Lines = Enumerable.Repeat("{\"a\":1}\n"u8.ToArray(), 40).SelectMany(line => line).ToArray(),
    };

    private static Segment Segment() => new()
    {
        SourceId = new Guid("11111111-2222-8333-8444-555555555555"),
        Source = "é.xz",
        FirstLine = 300,
        NextLine = 300,
        ByteOffset = 1L << 40,
        ByteLength = 1_000,
        Lines = 0,
    };

    private static Segment OtherSegment() => new()
    {
        SourceId = new Guid("66666666-7777-8888-9999-aaaaaaaaaaaa"),
        Source = "s",
        FirstLine = 1,
        NextLine = 2,
        ByteOffset = 0,
        ByteLength = 3,
        Lines = 1,
    };

    private static Reject Rejected(long line, RejectReason reason) => new() { Segment = 0, Line = line, Reason = reason, Raw = "{}"u8.ToArray(), RawLength = 2 };

    private static SourceEnd Ended() => new(
        new Guid("11111111-2222-8333-8444-555555555555"), "é.xz", 2_000, 304, (1L << 40) + 1_000, new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
}
