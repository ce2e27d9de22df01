using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Ingest.Gateway.Edge;

namespace Ingest.Gateway.Listening;

/// <summary>What a connection's other end is called where it does not say itself.</summary>
internal static class PeerName
{
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;

    /// <summary>An address and a port; on a Unix socket the process, as the kernel knows it: <c>unix:uid=1000,pid=4242</c>.</summary>
    public static string Of(Socket socket) =>
        socket.AddressFamily == AddressFamily.Unix ? OfProcess(socket) : socket.RemoteEndPoint?.ToString() ?? "unknown";

    /// <summary>Null on a Unix socket. An IPv4 address is one, also on a socket for IPv6.</summary>
    public static IPAddress? AddressOf(Socket socket) => (socket.RemoteEndPoint as IPEndPoint)?.Address is { } address ? AddressRules.Plain(address) : null;

    private static string OfProcess(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
            return "unix";
        Span<int> credentials = stackalloc int[3];
        socket.GetRawSocketOption(SolSocket, SoPeerCred, MemoryMarshal.AsBytes(credentials));
        return $"unix:uid={credentials[1]},pid={credentials[0]}";
    }
}
