using System.Buffers.Binary;
using System.Net;

namespace Ingest.Gateway.Edge;

/// <summary>
/// The header of the PROXY protocol, version 2 (proxy-protocol.txt, section 2.2), with which a proxy says whose
/// connection it forwards: 16 bytes, addresses, and TLVs, which are skipped. Nothing after it is read.
/// </summary>
internal static class ProxyHeader
{
    private const int PrefixBytes = 16;
    private const int LongestAddresses = 216;
    private const int SkipBytes = 4096;
    private const int Version = 0x20;
    private const int Local = 0;
    private const int Proxied = 1;

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>Reads a header off the start of a connection.</summary>
    /// <returns>The client's end; null where the connection is the proxy's own, or its client has no address.</returns>
    /// <exception cref="RefusedException">Something else begins the connection.</exception>
    /// <exception cref="IOException">The connection ended inside it.</exception>
    public static async ValueTask<IPEndPoint?> ReadAsync(Stream input, CancellationToken cancellationToken)
    {
        var bytes = new byte[LongestAddresses];
        await input.ReadExactlyAsync(bytes.AsMemory(0, PrefixBytes), cancellationToken);
        var prefix = ParsePrefix(bytes);
        var known = Math.Min(prefix.Length, LongestAddresses);
        await input.ReadExactlyAsync(bytes.AsMemory(0, known), cancellationToken);
        await SkipAsync(input, prefix.Length - known, cancellationToken);
        return ParseClient(prefix, bytes.AsSpan(0, known));
    }

    private static Prefix ParsePrefix(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.StartsWith(Signature))
            throw new RefusedException("it does not begin with a PROXY protocol header of version 2 (Edge__ProxyProtocol)");
        if ((bytes[12] & 0xF0) != Version)
            throw new RefusedException($"its PROXY protocol header has version {bytes[12] >> 4}, not 2");
        return (bytes[12] & 0x0F) switch
        {
            Local => new Prefix(true, bytes[13], BinaryPrimitives.ReadUInt16BigEndian(bytes[14..])),
            Proxied => new Prefix(false, bytes[13], BinaryPrimitives.ReadUInt16BigEndian(bytes[14..])),
            var command => throw new RefusedException($"its PROXY protocol header has the unknown command {command}"),
        };
    }

    private static IPEndPoint? ParseClient(Prefix prefix, ReadOnlySpan<byte> addresses)
    {
        if (prefix.IsLocal)
            return null;

        // Family and transport, the length of two addresses, and of two ports where there are some.
        var (address, ports) = prefix.Family switch
        {
            0x00 => (0, 0),
            0x11 => (4, 4),
            0x21 => (16, 4),
            0x31 => (108, 0),
            var family => throw new RefusedException($"its PROXY protocol header is of family and transport 0x{family:x2}, which is no stream"),
        };
        if (addresses.Length < (2 * address) + ports)
            throw new RefusedException("its PROXY protocol header is too short for its addresses");
        return ports == 0
            ? null
            : new IPEndPoint(AddressRules.Plain(new IPAddress(addresses[..address])), BinaryPrimitives.ReadUInt16BigEndian(addresses[(2 * address)..]));
    }

    private static async ValueTask SkipAsync(Stream input, int count, CancellationToken cancellationToken)
    {
        if (count == 0)
            return;
        var skipped = new byte[Math.Min(count, SkipBytes)];
        while (count > 0)
        {
            var some = Math.Min(count, skipped.Length);
            await input.ReadExactlyAsync(skipped.AsMemory(0, some), cancellationToken);
            count -= some;
        }
    }

    private readonly record struct Prefix(bool IsLocal, byte Family, int Length);
}
