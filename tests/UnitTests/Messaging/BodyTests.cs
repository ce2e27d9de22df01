using System.Buffers.Binary;
using System.IO.Hashing;
using CsCheck;
using Ingest.Messaging;
using Ingest.Messaging.RabbitMq;
using Ingest.Messaging.Wire;

namespace Ingest.UnitTests.Messaging;

public class BodyTests
{
    private static readonly Gen<BodyCompression> Compression = Gen.Enum<BodyCompression>();

    /// <summary>Frame and compression, length, checksum.</summary>
    private const int FrameBytes = 13;

    /// <summary>Kind, version, then the parts.</summary>
    private const int VersionAt = FrameBytes + 1;

    [Fact]
    public void Line_batches_come_back_as_they_were() =>
        Gen.Select(BatchGenerators.Lines, Compression).Sample((batch, compression) =>
        {
            using var packed = Body.Pack(batch, compression);
            using var unpacked = Assert.Single(Body.Unpack<LineBatch>(packed.Memory.Span));
            Assert.Equal(BatchGenerators.Describe(batch), BatchGenerators.Describe(unpacked));
        }, iter: 300);

    [Fact]
    public void Row_batches_come_back_as_they_were() =>
        Gen.Select(BatchGenerators.Rows, Compression).Sample((batch, compression) =>
        {
            using var packed = Body.Pack(batch, compression);
            using var unpacked = Assert.Single(Body.Unpack<RowBatch>(packed.Memory.Span));
            Assert.Equal(BatchGenerators.Describe(batch), BatchGenerators.Describe(unpacked));
        }, iter: 300);

    [Fact]
    public void Batches_that_share_a_body_come_back_each() =>
        Gen.Select(BatchGenerators.Rows.List[1, 9], Compression).Sample((batches, compression) =>
        {
            using var packed = PackSeveral(batches, compression);
            var unpacked = Body.Unpack<RowBatch>(packed.Memory.Span);

            // Each has its own memory.
            foreach (var (sent, received) in batches.Zip(unpacked, (s, r) => (s, r)))
            {
                Assert.Equal(BatchGenerators.Describe(sent), BatchGenerators.Describe(received));
                received.Dispose();
            }

            Assert.Equal(batches.Count, unpacked.Count);
        }, iter: 300);

    [Fact]
    public void A_shared_body_that_is_damaged_under_a_right_checksum_is_refused_or_can_be_read() =>
        Gen.Select(BatchGenerators.Rows.List[1, 4], Gen.Select(Gen.UInt, Gen.Int[0, 7], Gen.Bool).Array[1, 6]).Sample((batches, flips) =>
        {
            using var packed = PackSeveral(batches, BodyCompression.None);
            TryRead<RowBatch>(Checked(packed, flips), batch => ReadAll(batch.Rejects, batch.Segments, batch.Ends));
        }, iter: 2_000);

    [Fact]
    public void A_cut_body_is_refused() =>
        Gen.Select(BatchGenerators.Lines, BatchGenerators.Rows, Compression, Gen.Double[0, 1]).Sample((lines, rows, compression, place) =>
        {
            using var packedLines = Body.Pack(lines, compression);
            using var packedRows = Body.Pack(rows, compression);
            Assert.Throws<BatchFormatException>(() => Body.Unpack<LineBatch>(Cut(packedLines)));
            Assert.Throws<BatchFormatException>(() => Body.Unpack<RowBatch>(Cut(packedRows)));

            ReadOnlySpan<byte> Cut(PooledMemory packed) => packed.Memory.Span[..(int)(place * (packed.Memory.Length - 1))];
        }, iter: 300);

    [Fact]
    public void A_damaged_body_is_refused_or_its_batch_is_whole_all_the_same() =>
        Gen.Select(Gen.Select(BatchGenerators.Lines, BatchGenerators.Rows), Compression, Gen.Select(Gen.UInt, Gen.Int[0, 7], Gen.Bool))
            .Sample((batches, compression, flip) =>
            {
                using var packedLines = Body.Pack(batches.Item1, compression);
                using var packedRows = Body.Pack(batches.Item2, compression);

                // The checksum is of what was packed: zstd has a bit or two that mean nothing.
                TryRead<LineBatch>(
                    Damage(packedLines.Memory.Span, 0, flip),
                    batch => Assert.Equal(BatchGenerators.Describe(batches.Item1), BatchGenerators.Describe(batch)));
                TryRead<RowBatch>(
                    Damage(packedRows.Memory.Span, 0, flip),
                    batch => Assert.Equal(BatchGenerators.Describe(batches.Item2), BatchGenerators.Describe(batch)));
            }, iter: 2_000);

    [Fact]
    public void A_damaged_batch_under_a_right_checksum_is_refused_or_can_be_read() =>
        Gen.Select(Gen.Select(BatchGenerators.Lines, BatchGenerators.Rows), Gen.Select(Gen.UInt, Gen.Int[0, 7], Gen.Bool).Array[1, 6])
            .Sample((batches, flips) =>
            {
                using var packedLines = Body.Pack(batches.Item1, BodyCompression.None);
                using var packedRows = Body.Pack(batches.Item2, BodyCompression.None);
                TryRead<LineBatch>(Checked(packedLines, flips), batch => ReadAll(batch.Rejects, batch.Segments, batch.Ends));
                TryRead<RowBatch>(Checked(packedRows, flips), batch =>
                {
                    ReadAll(batch.Rejects, batch.Segments, batch.Ends);
                    Assert.All(batch.Columns, column => column.Type.SqlName());
                    Assert.Equal(batch.Segments.Sum(s => (long)s.Rows), batch.RowLines.Count);
                });
            }, iter: 4_000);

    [Fact]
    public void Random_bytes_are_refused() =>
        Gen.Select(Gen.Int[1, 2], Gen.Byte[0, 3], Gen.Byte.Array[0, 200]).Sample((version, compression, bytes) =>
        {
            byte[] body = [(byte)((version << 4) | compression), .. new byte[FrameBytes - 1], .. bytes];
            BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(1), bytes.Length);
            BinaryPrimitives.WriteUInt64LittleEndian(body.AsSpan(5), XxHash3.HashToUInt64(bytes));
            Assert.ThrowsAny<BatchFormatException>(() => Body.Unpack<LineBatch>(body));
            Assert.ThrowsAny<BatchFormatException>(() => Body.Unpack<RowBatch>(body));
        }, iter: 4_000);

    [Fact]
    public void A_batch_of_another_version_or_kind_is_refused()
    {
        using var lines = Body.Pack(BatchGenerators.Lines.Single(), BodyCompression.None);
        Assert.Contains("kind 'L'", Assert.Throws<BatchFormatException>(() => Body.Unpack<RowBatch>(lines.Memory.Span)).Message, StringComparison.Ordinal);
        lines.Array[VersionAt]++;
        Sign(lines.Memory.Span);
        Assert.Contains("version 2", Assert.Throws<UnknownBatchVersionException>(() => Body.Unpack<LineBatch>(lines.Memory.Span)).Message, StringComparison.Ordinal);
        lines.Array[0] += 0x20;
        Assert.Throws<UnknownBatchVersionException>(() => Body.Unpack<LineBatch>(lines.Memory.Span));
    }

    [Fact]
    public void An_unknown_compression_is_another_builds() =>
        Assert.Throws<UnknownBatchVersionException>(() => Body.Unpack<LineBatch>([0x19, 1, .. new byte[12]]));

    [Fact]
    public void Lengths_that_no_batch_has_are_refused()
    {
        Assert.Throws<BatchFormatException>(() => Body.Unpack<LineBatch>([0x10, 0xff, 0xff, 0xff, 0xff, .. new byte[9]]));
        Assert.Throws<BatchFormatException>(() => Body.Unpack<LineBatch>([0x10, 0xff, 0xff, 0xff, 0x7f, .. new byte[9]]));
        Assert.Throws<BatchFormatException>(() => Body.Unpack<LineBatch>([]));
    }

    [Fact]
    public void What_does_not_shrink_is_not_compressed()
    {
        var noise = new byte[1_000];
        new Random(1).NextBytes(noise);
        var batch = new RowBatch
        {
            Id = Guid.Empty,
            Pipeline = "",
            Definition = "",
            Columns = [],
            Segments = [],
            RowLines = [],
            Tuples = noise,
        };
        foreach (var compression in Enum.GetValues<BodyCompression>())
        {
            using var packed = Body.Pack(batch, compression);
            Assert.InRange(packed.Memory.Length, 1_000, 1_060);
        }
    }

    private static PooledMemory PackSeveral(IReadOnlyList<RowBatch> batches, BodyCompression compression)
    {
        using var joined = new WireWriter(1_000);
        foreach (var batch in batches)
        {
            using var encoded = EncodedBatch.Of(batch);
            joined.Batch(encoded);
        }

        return Body.PackSeveral(joined.Written.Span, compression);
    }

    private static byte[] Damage(ReadOnlySpan<byte> packed, int from, params (uint Place, int Bit, bool FromStart)[] flips)
    {
        var body = packed.ToArray();
        foreach (var (place, bit, fromStart) in flips)
        {
            // The headers are hit most.
            var index = from + (int)(place % (fromStart ? Math.Min(200, body.Length - from) : body.Length - from));
            body[index] ^= (byte)(1 << bit);
        }

        return body;
    }

    private static byte[] Checked(PooledMemory packed, (uint Place, int Bit, bool FromStart)[] flips)
    {
        var body = Damage(packed.Memory.Span, FrameBytes, flips);
        Sign(body);
        return body;
    }

    private static void Sign(Span<byte> uncompressed) =>
        BinaryPrimitives.WriteUInt64LittleEndian(uncompressed[5..], XxHash3.HashToUInt64(uncompressed[FrameBytes..]));

    private static void TryRead<T>(byte[] body, Action<T> read) where T : class, IBatch<T>
    {
        IReadOnlyList<T> batches;
        try
        {
            batches = Body.Unpack<T>(body);
        }
        catch (BatchFormatException)
        {
            return;
        }

        foreach (var batch in batches)
        {
            using (batch)
                read(batch);
        }
    }

    private static void ReadAll(IReadOnlyList<Reject> rejects, IReadOnlyList<Segment> segments, IReadOnlyList<SourceEnd> ends)
    {
        Assert.All(rejects, reject =>
        {
            Assert.NotEmpty(reject.Reason.SqlName());
            Assert.InRange(reject.Segment, 0, segments.Count - 1);
            Assert.True(reject.Line >= 0 && reject.RawLength >= 0);
        });
        Assert.All(ends, end => Assert.True(end.Lines >= 0 && end.LastLine >= 0 && end.Bytes >= 0));
        Assert.All(segments, segment => Assert.True(segment.NextLine >= segment.FirstLine && segment.FirstLine >= 0 && segment.ByteLength >= 0 && segment.ByteOffset >= 0));
    }
}
