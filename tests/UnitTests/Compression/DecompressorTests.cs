using System.IO.Compression;
using System.Text;
using Ingest.Compression;
using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Ingest.UnitTests.Gateway;

namespace Ingest.UnitTests.Compression;

public sealed class DecompressorTests
{
    private const int MiB = 1024 * 1024;

    private readonly ObservedTime _time = new();

    [Fact]
    public async Task Plain_lines_pass_at_their_first_byte_and_wait_without_memory()
    {
        var input = new ScriptedStream();
        await using var content = Decompressor.Open(input, Decompression.Auto, Budget(new()));
        var arriving = content.ReadAsync(Memory<byte>.Empty, TestContext.Current.CancellationToken);
        Assert.True((await input.NextPendingAsync()).IsEmpty);
        input.Send("{");
        await arriving.AsTask().SoonAsync();
        Assert.Equal("{", await ReadAsync(content));
        var buffer = new byte[7];
        var reading = content.ReadAsync(buffer, TestContext.Current.CancellationToken);
        Assert.Equal(buffer.Length, (await input.NextPendingAsync()).Length);
        input.Send("}\n");
        Assert.Equal(2, await reading.AsTask().SoonAsync());
    }

    [Theory]
    [InlineData(Decompression.Gzip)]
    [InlineData(Decompression.Zstd)]
    public async Task What_a_live_producer_has_flushed_comes_out_at_once(Decompression format)
    {
        var input = new ScriptedStream();
        await using var content = Decompressor.Open(input, Decompression.Auto, Budget(new()));
        var sent = new MemoryStream();
        await using Stream packer = format == Decompression.Gzip ? new GZipStream(sent, CompressionMode.Compress) : new ZstdSharp.CompressionStream(sent);
        for (var i = 0; i < 3; i++)
        {
            var arriving = content.ReadAsync(Memory<byte>.Empty, TestContext.Current.CancellationToken);
            Assert.True((await input.NextPendingAsync()).IsEmpty);
            await packer.WriteAsync(Encoding.ASCII.GetBytes($"{{\"id\":{i}}}\n"), TestContext.Current.CancellationToken);
            await packer.FlushAsync(TestContext.Current.CancellationToken);
            input.Send(sent.ToArray());
            sent.SetLength(0);
            await arriving.AsTask().SoonAsync();
            Assert.Equal($"{{\"id\":{i}}}\n", await ReadAsync(content));
        }
    }

    /// <summary>The LZ4 block format forbids distance 0, and its decoder lets it pass.</summary>
    [Fact]
    public async Task An_LZ4_match_at_distance_0_copies_nothing_that_was_there_before()
    {
        byte[] sequence = [0xf0, 0x01, .. "0123456789abcdef"u8, 0, 0];
        byte[] block = [.. sequence, .. sequence, .. sequence, .. sequence, .. sequence, 0x50, .. "\n\n\n\n\n"u8];
        byte[] frame = [0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82, (byte)block.Length, 0, 0, 0, .. block, 0, 0, 0, 0];
        List<byte[]> others = [];
        for (var i = 0; i < 16; i++)
        {
            others.Add(PooledMemory.RentArray(128 * 1024));
            Array.Fill(others[^1], (byte)'!');
        }

        others.ForEach(PooledMemory.Return);
        var unpacking = await Unpacking.OfAsync(new MemoryStream(frame), Decompression.Auto);
        Assert.StartsWith("0123456789abcdef", unpacking.Content, StringComparison.Ordinal);
        Assert.DoesNotContain('!', unpacking.Content);
    }

    [Fact]
    public async Task None_takes_compressed_bytes_as_they_are()
    {
        var bytes = CompressedSamples.All[Decompression.Gzip];
        var unpacking = await Unpacking.OfAsync(new ChunkedStream(bytes, 100), Decompression.None);
        Assert.Equal(new Unpacking(Encoding.Latin1.GetString(bytes), null), unpacking);
    }

    [Theory]
    [InlineData(Decompression.Gzip)]
    [InlineData(Decompression.Zstd)]
    [InlineData(Decompression.Xz)]
    [InlineData(Decompression.Bzip2)]
    [InlineData(Decompression.Lz4)]
    public async Task A_format_that_is_demanded_refuses_others_and_takes_nothing_for_no_lines(Decompression format)
    {
        var unpacking = await Unpacking.OfAsync(new ChunkedStream("{\"a\":1}\n{\"a\":2}\n"u8.ToArray(), 100), format);
        Assert.Equal("", unpacking.Content);
        Assert.Equal($"its {FormatNames.Of(format)} data does not begin like it, at byte 0 of the compressed input", unpacking.Fault);
        Assert.Equal(new Unpacking("", null), await Unpacking.OfAsync(new ChunkedStream(default, 1), format));
    }

    [Theory]
    [InlineData(Decompression.Gzip)]
    [InlineData(Decompression.Zstd)]
    [InlineData(Decompression.Xz)]
    [InlineData(Decompression.Bzip2)]
    [InlineData(Decompression.Lz4)]
    public async Task Other_bytes_behind_the_end_are_a_fault_with_its_place(Decompression format)
    {
        var whole = CompressedSamples.All[format];
        var unpacking = await Unpacking.OfAsync(new ChunkedStream((byte[])[.. whole, .. "{\"a\":1}\n{\"a\":2}\n"u8], 333), Decompression.Auto);
        Assert.Equal(Encoding.ASCII.GetString(CompressedSamples.Content), unpacking.Content);
        Assert.Matches($"its {FormatNames.Of(format)} data is (followed by other bytes|damaged), at byte ({whole.Length}|{whole.Length + 12}) of the compressed input", unpacking.Fault!);
    }

    [Theory]
    [InlineData(Decompression.Gzip)]
    [InlineData(Decompression.Bzip2)]
    public async Task Zeros_pad_the_end_and_anything_behind_them_is_a_fault_with_its_place(Decompression format)
    {
        byte[] padded = [.. CompressedSamples.All[format], .. new byte[1000]];
        var content = Encoding.ASCII.GetString(CompressedSamples.Content);
        Assert.Equal(new Unpacking(content, null), await Unpacking.OfAsync(new ChunkedStream(padded, 333), Decompression.Auto));
        Assert.Equal(
            new Unpacking(content, $"its {FormatNames.Of(format)} data is followed by other bytes, at byte {padded.Length} of the compressed input"),
            await Unpacking.OfAsync(new ChunkedStream((byte[])[.. padded, .. CompressedSamples.All[format]], 1), Decompression.Auto));
    }

    [Fact]
    public async Task A_window_that_is_too_large_is_refused_with_what_to_set()
    {
        var unpacking = await Unpacking.OfAsync(new ChunkedStream(ZstdFrames.Of(31, "{}\n"), 1), Decompression.Auto);
        Assert.Equal(
            new Unpacking("", "its zstd window of 2147483648 bytes is larger than 134217728 bytes; set Gateway__MaxDecompressionWindowBytes=2147483648 in the environment to read it"),
            unpacking);

        var limits = new DecompressionLimits { MaxWindowBytes = 2 * MiB, Bytes = 1 };
        Assert.Equal(new Unpacking("{}\n", null), await Unpacking.OfAsync(new ChunkedStream(ZstdFrames.Of(21, "{}\n"), 1), Decompression.Auto, limits: limits));
    }

    [Fact]
    public async Task Whole_frames_before_one_that_is_refused_come_out()
    {
        byte[] frames = [.. ZstdFrames.Of(20, "{\"a\":1}\n"), .. ZstdFrames.Of(30, "{\"a\":2}\n")];
        var unpacking = await Unpacking.OfAsync(new ChunkedStream(frames, 1_000), Decompression.Auto);
        Assert.Equal("{\"a\":1}\n", unpacking.Content);
        Assert.Contains("Gateway__MaxDecompressionWindowBytes=1073741824", unpacking.Fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_finds_the_memory_taken_waits_for_it_and_not_for_ever()
    {
        var budget = Budget(new() { Bytes = 1, MaxWindowBytes = 8 * MiB });
        var first = Decompressor.Open(new ChunkedStream(ZstdFrames.Of(23, "1\n"), 1_000), Decompression.Auto, budget);
        Assert.Equal("1\n", await ReadAsync(first));

        await using var second = Decompressor.Open(new ChunkedStream(ZstdFrames.Of(23, "2\n"), 1_000), Decompression.Auto, budget);
        var waiting = ReadAsync(second);
        Assert.Equal(budget.Limits.Wait, await _time.NextWaitAsync());
        await using var third = Decompressor.Open(new ChunkedStream(ZstdFrames.Of(23, "3\n"), 1_000), Decompression.Auto, budget);
        var refused = ReadAsync(third);
        Assert.Equal(budget.Limits.Wait, await _time.NextWaitAsync());
        await first.DisposeAsync();
        Assert.Equal("2\n", await waiting.SoonAsync());

        // It has a little now, and waits for the rest.
        Assert.Equal(budget.Limits.Wait, await _time.NextWaitAsync());
        _time.Advance(budget.Limits.Wait);
        var refusal = await Assert.ThrowsAsync<DecompressionRefusedException>(() => refused.SoonAsync());
        Assert.Contains("send it again later, or raise Gateway__DecompressionBytes", refusal.Message, StringComparison.Ordinal);
        await second.DisposeAsync();
        await third.DisposeAsync();
        Assert.Equal(0, budget.HeldBytes);
    }

    [Fact]
    public async Task What_expands_beyond_measure_is_refused_with_what_to_set()
    {
        var bomb = new MemoryStream();
        await using (var packer = new GZipStream(bomb, CompressionLevel.SmallestSize, leaveOpen: true))
            await packer.WriteAsync(new byte[4 * MiB], TestContext.Current.CancellationToken);
        var limits = new DecompressionLimits { FreeBytes = MiB, MaxExpansion = 100 };
        var unpacking = await Unpacking.OfAsync(new ChunkedStream(bomb.ToArray(), 50_000), Decompression.Auto, limits: limits, readBytes: 64 * 1024);
        Assert.InRange(unpacking.Content.Length, MiB, 2 * MiB);
        Assert.Contains("set Gateway__MaxExpansion higher", unpacking.Fault, StringComparison.Ordinal);
        Assert.Null((await Unpacking.OfAsync(new ChunkedStream(bomb.ToArray(), 50_000), Decompression.Auto, readBytes: 64 * 1024)).Fault);
    }

    private DecompressionBudget Budget(DecompressionLimits limits) => new(limits, _time);

    private static async Task<string> ReadAsync(Stream content)
    {
        var buffer = new byte[100];
        var count = await content.ReadAsync(buffer, TestContext.Current.CancellationToken);
        return Encoding.ASCII.GetString(buffer, 0, count);
    }
}
