using System.Net;
using System.Net.Sockets;

namespace Ingest.Gateway.Listening;

/// <summary>Sockets that producers connect to, bound and listening.</summary>
internal static class ListenSocket
{
    private const int Backlog = 512;

    /// <exception cref="SocketException">The port is taken or not ours to use.</exception>
    public static Socket OpenPort(IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        return Listen(socket, new IPEndPoint(address, port));
    }

    /// <summary>
    /// A Unix domain socket. A file that nobody listens on, as a killed process leaves it, is replaced; the file goes
    /// when the socket is closed.
    /// </summary>
    /// <param name="path">An absolute path.</param>
    /// <param name="mode">Who may connect: it takes the right to write.</param>
    /// <exception cref="IOException">Somebody listens there, or something else lies there.</exception>
    /// <exception cref="SocketException">The file cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The file is not ours to replace.</exception>
    public static Socket OpenPath(string path, UnixFileMode mode)
    {
        if (!Directory.Exists(Path.GetDirectoryName(path)))
            throw new IOException("its folder does not exist");
        using var alone = TakeLock(path);
        if (Path.Exists(path))
            RemoveStale(path);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        return Listen(socket, new UnixDomainSocketEndPoint(path), () =>
        {
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(path, mode);
        });
    }

    private static Socket Listen(Socket socket, EndPoint endPoint, Action? bound = null)
    {
        try
        {
            socket.Bind(endPoint);
            bound?.Invoke();
            socket.Listen(Backlog);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Of two that begin at the same time, one could take the other's socket, which does not listen yet, for stale. The
    /// lock's file stays: to delete it would be to delete it from under a third, which has opened it already.
    /// </summary>
    private static FileStream TakeLock(string path) =>
        new($"{path}.lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);

    private static void RemoveStale(string path)
    {
        // A socket's file is empty; nothing that holds something is taken for one.
        if (new FileInfo(path) is not { Exists: true, Length: 0 })
            throw new IOException("something that is no socket lies there");
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException refused) when (refused.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
            return;
        }

        throw new IOException("another process listens there");
    }
}
