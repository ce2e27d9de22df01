using System.Buffers.Binary;
using System.Net;
using CsCheck;
using Ingest.Gateway.Edge;

namespace Ingest.UnitTests.Gateway.Edge;

public class ProxyHeaderTests
{
    private static readonly byte[] Signature = "\r\n\r\n\0\r\nQUIT\n"u8.ToArray();
    private static readonly Gen<int[]> Chunks = Gen.Int[1, 20].Array[0, 5];

    /// <summary>A good header and the client that it names.</summary>
    private static readonly Gen<(byte[] Header, IPEndPoint? Client)> Headers = Gen.Select(
        Gen.OneOf(
            Gen.Select(Gen.Byte.Array[8], Gen.UShort).Select((a, port) => Proxied(0x11, [.. a, .. Ports(port)], new IPEndPoint(new IPAddress(a[..4]), port))),
            Gen.Select(Gen.Byte.Array[32], Gen.UShort).Where((a, _) => !new IPAddress(a[..16]).IsIPv4MappedToIPv6)
                .Select((a, port) => Proxied(0x21, [.. a, .. Ports(port)], new IPEndPoint(new IPAddress(a[..16]), port))),
            Gen.Byte.Array[216].Select(a => Proxied(0x31, a, null)),
            Gen.Byte.Array[0, 300].Select(a => Proxied(0x00, a, null)),
            Gen.Select(Gen.Byte, Gen.Byte.Array[0, 300]).Select((family, a) => ((byte)0x20, family, a, (IPEndPoint?)null))),
        Gen.Byte.Array[0, 5000]).Select((header, tlvs) => (Bytes(header.Item1, header.Item2, [.. header.Item3, .. tlvs]), header.Item4));

    [Fact]
    public async Task A_header_gives_its_client_and_leaves_what_follows_however_it_arrives() => await Gen.Select(Headers, Gen.Byte.Array[0, 50], Chunks)
        .SampleAsync(async (header, lines, chunks) =>
        {
            using var input = new ChunkedStream([.. header.Header, .. lines], chunks);
            Assert.Equal(header.Client, await ProxyHeader.ReadAsync(input, CancellationToken.None));
            Assert.Equal(lines, input.Rest());
        }, iter: 1000);

    [Fact]
    public async Task A_header_that_is_cut_is_an_end_of_the_connection() => await Gen.Select(Headers, Gen.Double[0, 1], Chunks)
        .SampleAsync(async (header, share, chunks) =>
        {
            using var input = new ChunkedStream(header.Header[..(int)(share * (header.Header.Length - 1))], chunks);
            await Assert.ThrowsAsync<EndOfStreamException>(() => ProxyHeader.ReadAsync(input, CancellationToken.None).AsTask());
        }, iter: 1000);

    [Fact]
    public async Task Garbage_is_refused() => await Gen.Select(Gen.Byte.Array[16, 300], Gen.Int[0, 14], Chunks)
        .Where((garbage, kept, _) => kept < 12 ? !garbage.AsSpan(kept).StartsWith(Signature.AsSpan(kept)) : garbage[12] is not (0x20 or 0x21))
        .SampleAsync(async (garbage, kept, chunks) =>
        {
            Signature.AsSpan(0, Math.Min(kept, 12)).CopyTo(garbage);
            using var input = new ChunkedStream(garbage, chunks);
            await Assert.ThrowsAsync<RefusedException>(() => ProxyHeader.ReadAsync(input, CancellationToken.None).AsTask());
        }, iter: 1000);

    [Theory]
    [InlineData(0x21, 0x12, 12, "no stream")]
    [InlineData(0x21, 0x41, 12, "no stream")]
    [InlineData(0x21, 0x11, 11, "too short")]
    [InlineData(0x21, 0x21, 35, "too short")]
    [InlineData(0x21, 0x31, 215, "too short")]
    [InlineData(0x22, 0x11, 12, "unknown command 2")]
    [InlineData(0x11, 0x11, 12, "version 1")]
    public async Task What_is_no_stream_of_version_2_is_refused_with_its_reason(byte versionAndCommand, byte family, int length, string reason)
    {
        using var input = new ChunkedStream(Bytes(versionAndCommand, family, new byte[length]), []);
        var refused = await Assert.ThrowsAsync<RefusedException>(() => ProxyHeader.ReadAsync(input, CancellationToken.None).AsTask());
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    private static (byte, byte, byte[], IPEndPoint?) Proxied(byte family, byte[] addresses, IPEndPoint? client) => (0x21, family, addresses, client);

    private static byte[] Ports(ushort source)
    {
        var ports = new byte[4];
        BinaryPrimitives.WriteUInt16BigEndian(ports, source);
        return ports;
    }

    private static byte[] Bytes(byte versionAndCommand, byte family, byte[] rest)
    {
        var length = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)rest.Length);
        return [.. Signature, versionAndCommand, family, .. length, .. rest];
    }
}
