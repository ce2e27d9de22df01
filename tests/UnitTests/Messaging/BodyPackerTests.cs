using Ingest.Messaging;
using Ingest.Messaging.RabbitMq;
using Ingest.Messaging.Wire;

namespace Ingest.UnitTests.Messaging;

public class BodyPackerTests
{
    private readonly BodyPacker _packer = new(BodyCompression.Zstd);

    [Fact]
    public void After_bytes_that_did_not_shrink_fifteen_times_as_many_cross_as_they_are()
    {
        Assert.False(Pack(Noise(1_000)));
        for (var i = 0; i < 15; i++)
            Assert.False(Pack(Letters(1_000)));
        Assert.True(Pack(Letters(1_000)));
        Assert.True(Pack(Letters(1_000)));
    }

    [Fact]
    public void What_would_shrink_by_less_than_a_quarter_crosses_as_it_is()
    {
        Assert.False(Pack([.. Noise(8_000), .. Letters(2_000)]));
        Assert.True(new BodyPackerTests().Pack([.. Noise(7_000), .. Letters(3_000)]));
    }

    [Fact]
    public void A_small_body_that_does_not_shrink_says_nothing_of_a_large_one()
    {
        Assert.False(Pack(Noise(100)));
        Assert.True(Pack(Letters(100_000)));
        Assert.False(Pack(Noise(100_000)));
        Assert.False(Pack(Letters(100_000)));
    }

    [Fact]
    public void One_that_might_be_too_large_for_the_broker_is_always_tried()
    {
        Assert.False(Pack(Noise(4_000_000)));
        Assert.True(Pack(Letters(9_000_000)));
        Assert.False(Pack(Letters(1_000)));
    }

    [Fact]
    public void Bodies_of_several_batches_are_counted_alike()
    {
        Assert.False(IsCompressed(_packer.PackSeveral(Noise(1_000))));
        Assert.False(IsCompressed(_packer.PackSeveral(Letters(14_000))));
        Assert.True(IsCompressed(_packer.PackSeveral(Letters(14_000))));
    }

    [Fact]
    public void Where_nothing_is_to_be_compressed_nothing_is()
    {
        var packer = new BodyPacker(BodyCompression.None);
        for (var i = 0; i < 20; i++)
            Assert.False(IsCompressed(packer.PackSeveral(Letters(1_000))));
    }

    /// <summary>A batch whose head is a few bytes.</summary>
    private bool Pack(byte[] tuples)
    {
        using var batch = new RowBatch { Id = Guid.Empty, Pipeline = "", Definition = "", Columns = [], Segments = [], RowLines = [], Tuples = tuples };
        using var encoded = EncodedBatch.Of(batch);
        return IsCompressed(_packer.Pack(encoded));
    }

    private static bool IsCompressed(PooledMemory body)
    {
        using (body)
            return Body.IsCompressed(body.Memory.Span);
    }

    private static byte[] Letters(int length)
    {
        var letters = new byte[length];
        letters.AsSpan().Fill((byte)'a');
        return letters;
    }

    private static byte[] Noise(int length)
    {
        var noise = new byte[length];
        new Random(1).NextBytes(noise);
        return noise;
    }
}
