using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Ingest.TestSupport;

/// <summary>TCP ports on loopback that nobody listens on.</summary>
public static class FreePort
{
    // Below the range from which kernels take the ports of outgoing connections: nothing but a listener can take one.
    private const int First = 12_000;
    private const int Last = 31_999;

    private static readonly ConcurrentDictionary<int, bool> Given = new();

    /// <summary>A port that this process has not been given before.</summary>
    public static int Next()
    {
        while (true)
        {
            var port = RandomNumberGenerator.GetInt32(First, Last + 1);
            if (Given.TryAdd(port, true) && CanListen(port))
                return port;
        }
    }

    private static bool CanListen(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
