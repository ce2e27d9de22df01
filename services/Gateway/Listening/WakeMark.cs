using System.Net.Sockets;
using Ingest.Gateway.Sources;

namespace Ingest.Gateway.Listening;

/// <summary>
/// How many bytes must have come over a TCP connection to end a wait for them (SO_RCVLOWAT); the end and a reset always do.
/// </summary>
/// <param name="socket">The connection.</param>
/// <param name="ahead">Where it takes a place while it waits for many bytes.</param>
internal sealed class WakeMark(Socket socket, SendAhead ahead) : IDisposable
{
    /// <summary>What is waited for where the sender has no place to send ahead.</summary>
    public const int WithoutPlace = 1024 * 1024;

    /// <summary>
    /// The system makes room for as many bytes as are waited for and for hardly more, so that the sender would stand still
    /// until these are received. Asked for so many times as many once, it keeps that room.
    /// </summary>
    private const int Room = 8;

    /// <summary>At least so many times what is waited for fits the room, where the system has a limit (half of <c>tcp_rmem</c>'s most).</summary>
    private const int LeastRoom = 3;

    private bool _hasPlace;
    private int? _many;

    /// <summary>The highest mark for which there is room; null without a place, where there is none beyond what is waited for.</summary>
    private int? _highest;

    /// <param name="bytes">
    /// One, or so many that it is worth the wait: always the same, of which it takes fewer where there is no room; or
    /// <see cref="SourcePump.AwakeAlready"/>.
    /// </param>
    public void Set(int bytes)
    {
        try
        {
            if (bytes != SourcePump.AwakeAlready)
                Mark(bytes > 1 ? _many ??= MakeRoom(bytes) : bytes);
            else if (_highest is { } highest)
                Mark(highest);
        }
        catch (SocketException)
        {
            // It costs a few more turns.
        }
    }

    /// <summary>Gives the place back.</summary>
    public void Dispose()
    {
        if (_hasPlace)
            ahead.GiveBack();
        _hasPlace = false;
    }

    private int MakeRoom(int bytes)
    {
        if (!_hasPlace)
            _hasPlace = ahead.TryTake();
        if (!_hasPlace)
            return Math.Min(bytes, WithoutPlace);
        Mark(bytes * Room);
        var granted = (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReceiveLowWater)!;
        _highest = granted;
        return Math.Clamp(granted / LeastRoom, 1, bytes);
    }

    private void Mark(int bytes) => socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReceiveLowWater, bytes);
}
