using System.Net.Sockets;
using System.Text;

namespace Ingest.Gateway.Edge;

/// <summary>
/// The line with which a connection may begin, after its token: <c>Ingest-Source: NAME</c>, and then LF or CR LF. It promises
/// that the same bytes come under that name when they are sent again. Any other first line is the source's own.
/// </summary>
internal static class SourceLine
{
    private const int LongestName = 1024;
    private const int LongestLine = 15 + LongestName + 2;

    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    private static ReadOnlySpan<byte> Beginning => "Ingest-Source: "u8;

    /// <summary>Waits for the first byte and leaves it where it is, so that what has no such line is read as if nobody had looked.</summary>
    public static async ValueTask<bool> MayComeAsync(Socket socket, CancellationToken cancellationToken)
    {
        var first = new byte[1];
        return await socket.ReceiveAsync(first, SocketFlags.Peek, cancellationToken) == 1 && first[0] == Beginning[0];
    }

    /// <summary>Whether a source can have that name: 1 to 1024 bytes of UTF-8 without control characters.</summary>
    public static bool IsName(string name) => name.Length > 0 && !name.Any(char.IsControl) && Encoding.UTF8.GetByteCount(name) <= LongestName;

    /// <summary>Reads the line, and not a byte after it.</summary>
    /// <returns>The name, or null where there is none; and where to read on, which gives back what was not the line.</returns>
    /// <exception cref="IOException">The connection broke.</exception>
    public static async ValueTask<(string? Name, Stream Input)> ReadAsync(Stream input, CancellationToken cancellationToken)
    {
        var line = new byte[LongestLine];
        var length = 0;
        while (length < LongestLine && await input.ReadAsync(line.AsMemory(length, 1), cancellationToken) == 1)
        {
            length++;
            if (!MayBegin(line.AsSpan(0, length)))
                break;
            if (line[length - 1] != '\n')
                continue;
            if (NameIn(line.AsSpan(Beginning.Length, length - Beginning.Length - 1)) is { } name)
                return (name, input);
            break;
        }

        return (null, length == 0 ? input : new PrefixedStream(line.AsSpan(0, length).ToArray(), input));
    }

    private static bool MayBegin(ReadOnlySpan<byte> line) => line.Length <= Beginning.Length ? Beginning.StartsWith(line) : line.StartsWith(Beginning);

    private static string? NameIn(ReadOnlySpan<byte> bytes)
    {
        if (bytes is [.., (byte)'\r'])
            bytes = bytes[..^1];
        try
        {
            var name = Utf8.GetString(bytes);
            return IsName(name) ? name : null;
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
