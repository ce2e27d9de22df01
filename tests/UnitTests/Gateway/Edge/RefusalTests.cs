using Ingest.Gateway.Edge;
using Ingest.Gateway.Receipts;
using Microsoft.Extensions.Time.Testing;

namespace Ingest.UnitTests.Gateway.Edge;

public class RefusalTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task It_is_a_line_and_ends_when_the_other_end_closes()
    {
        using var peer = new Peer { Sends = 100_000 };
        await Refusal.TellAsync(peer, "peer", _time, CancellationToken.None);
        var told = Assert.Single(peer.Told);
        Assert.Equal('\n', (char)told[^1]);
        Assert.Equal((ReceiptState.Refused, "peer", 0L), (Receipt.Parse(told)!.State, Receipt.Parse(told)!.Source, Receipt.Parse(told)!.Lines));
        Assert.Equal(0, peer.Sends);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_peer_that_neither_reads_nor_closes_is_waited_for_a_second(bool reads)
    {
        using var peer = new Peer { Reads = reads, Stays = true };
        var telling = Refusal.TellAsync(peer, "peer", _time, CancellationToken.None);
        _time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.False(telling.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await telling.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_peer_that_sends_without_end_is_not_listened_to_for_long()
    {
        using var peer = new Peer { Sends = long.MaxValue };
        await Refusal.TellAsync(peer, "peer", _time, CancellationToken.None);
        Assert.InRange(long.MaxValue - peer.Sends, 1, 1024 * 1024);
    }

    /// <summary>The other end of a connection.</summary>
    private sealed class Peer : Stream
    {
        public List<byte[]> Told { get; } = [];

        public bool Reads { get; init; } = true;

        public bool Stays { get; init; }

        public long Sends { get; set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (!Reads)
                await Task.Delay(Timeout.Infinite, cancellationToken);
            Told.Add(buffer.ToArray());
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = (int)Math.Min(Sends, buffer.Length);
            if (count == 0 && Stays)
                await Task.Delay(Timeout.Infinite, cancellationToken);
            Sends -= count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Flush()
        {
        }
    }
}
