using System.Text;

namespace Ingest.Gateway.Edge;

/// <summary>The first line of a connection where tokens are asked for: <c>Bearer TOKEN</c>, and then LF or CR LF. It is none of the source's lines.</summary>
internal static class TokenLine
{
    private const int LongestLine = 1024;

    /// <summary>Reads the line, and not a byte after it.</summary>
    /// <returns>The line without its end; null when it is too long for one.</returns>
    /// <exception cref="IOException">The connection ended inside it.</exception>
    public static async ValueTask<string?> ReadAsync(Stream input, CancellationToken cancellationToken)
    {
        // A byte at a time, once for each connection: what follows belongs to the buffer of a batch.
        var line = new byte[LongestLine];
        for (var length = 0; length < LongestLine; length++)
        {
            await input.ReadExactlyAsync(line.AsMemory(length, 1), cancellationToken);
            if (line[length] == '\n')
                return Encoding.UTF8.GetString(line, 0, length).TrimEnd('\r');
        }

        return null;
    }
}
