using System.Globalization;
using System.Text;
using YamlDotNet.RepresentationModel;

namespace Ingest.Pipelines.Definition;

/// <summary>Reads where lines come from over a network: <c>listen</c> and <c>connect</c>.</summary>
internal sealed class WaysInReader(string file, Section section, Mistakes mistakes, List<Claim> claims)
{
    private const int LargestPort = 65535;

    /// <summary>The size of <c>sun_path</c> without its terminator (unix(7)).</summary>
    private const int LongestPathBytes = 107;

    private const string ListenExpected =
        "a port from 1 to 65535, such as 7070, or the path of a Unix socket, such as /run/ingest/comments.sock or ./comments.sock";

    /// <summary>The port of <c>listen</c>, or null when it is not there, is a path, or is a mistake.</summary>
    public int? ReadPort()
    {
        if (ListenedPath() is not null)
            return null;
        var port = section.Integer("listen", 1, LargestPort, ListenExpected);
        if (port is not null)
            claims.Add(new Claim($"port {port}", $"port {port}", section["listen"]!.Start));
        return port;
    }

    /// <summary>The absolute path of <c>listen</c>, or null when it is not there, is a port, or is a mistake.</summary>
    public string? ReadPath()
    {
        if (ListenedPath() is not { } text)
            return null;
        var node = section["listen"]!;
        if (text.EndsWith('/') || text.Contains('\0', StringComparison.Ordinal))
        {
            mistakes.Add(node, $"'listen' must be {ListenExpected}");
            return null;
        }

        // The same file means the same place, wherever the process starts.
        var path = Path.GetFullPath(text, Path.GetDirectoryName(Path.GetFullPath(file))!);
        var length = Encoding.UTF8.GetByteCount(path);
        if (length > LongestPathBytes)
        {
            mistakes.Add(node, string.Create(CultureInfo.InvariantCulture,
                $"the path {path} has {length} bytes, and a Unix socket's has at most {LongestPathBytes}; choose a shorter one"));
            return null;
        }

        claims.Add(new Claim($"the socket {path}", $"socket {path}", node.Start));
        return path;
    }

    /// <summary>The listener to fetch lines from, or null when there is none or it is a mistake.</summary>
    public HostAndPort? ReadConnect()
    {
        const string Expected = "a host and a port, such as producer.example:7070 or [::1]:7070";
        if (section.Text("connect", Expected) is not { } text)
            return null;
        var colon = text.LastIndexOf(':');
        var (host, digits) = colon < 0 ? (text, "") : (text[..colon], text[(colon + 1)..]);
        var isBracketed = host is ['[', .., ']'];
        if (isBracketed)
            host = host[1..^1];
        var kind = Uri.CheckHostName(host);
        if (kind != UriHostNameType.Unknown && isBracketed == (kind == UriHostNameType.IPv6)
            && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= LargestPort)
        {
            return new HostAndPort(host, port);
        }

        mistakes.Add(section["connect"]!, $"'connect' must be {Expected}");
        return null;
    }

    private string? ListenedPath() =>
        section["listen"] is YamlScalarNode { Value: ['/', _, ..] or ['.', '/', _, ..] } node && Section.IsPlainlyWritten(node) ? node.Value : null;
}
