using System.Net;
using System.Net.Sockets;
using Ingest.Gateway.Listening;
using Ingest.Gateway.Sources;

namespace Ingest.UnitTests.Gateway;

/// <summary>What the system says of real sockets' marks and room.</summary>
public sealed class WakeMarkTests : IDisposable
{
    private const int Many = 2 * 1024 * 1024;

    private const int MoreThanASystemGrants = 128 * 1024 * 1024;

    private readonly List<Socket> _sockets = [];

    public void Dispose() => _sockets.ForEach(s => s.Dispose());

    [Theory]
    [InlineData("127.0.0.1", Many)]
    [InlineData("127.0.0.1", MoreThanASystemGrants)]
    [InlineData("::1", Many)]
    public async Task A_sender_with_a_place_has_room_for_several_times_what_is_waited_for(string address, int many)
    {
        var socket = await ConnectAsync(IPAddress.Parse(address));
        using var mark = new WakeMark(socket, new SendAhead(1));
        mark.Set(many);
        Assert.InRange(MarkOf(socket), 2, many);
        Assert.InRange(socket.ReceiveBufferSize, 3 * MarkOf(socket), int.MaxValue);
        var room = socket.ReceiveBufferSize;
        var waiting = MarkOf(socket);
        mark.Set(SourcePump.AwakeAlready);
        Assert.InRange(MarkOf(socket), 3 * waiting, room);
        Assert.Equal(room, socket.ReceiveBufferSize);
        mark.Set(1);
        Assert.Equal((1, room), (MarkOf(socket), socket.ReceiveBufferSize));
        mark.Set(many);
        Assert.InRange(socket.ReceiveBufferSize, 3 * MarkOf(socket), int.MaxValue);
    }

    [Fact]
    public async Task Who_finds_no_place_waits_for_less_and_has_no_more_room_than_that_needs()
    {
        var ahead = new SendAhead(1);
        var (first, second, third) = (await ConnectAsync(IPAddress.Loopback), await ConnectAsync(IPAddress.Loopback), await ConnectAsync(IPAddress.Loopback));
        using (var taken = new WakeMark(first, ahead))
        {
            taken.Set(Many);
            using var without = new WakeMark(second, ahead);
            without.Set(Many);
            Assert.InRange(MarkOf(second), 2, WakeMark.WithoutPlace);
            Assert.InRange(second.ReceiveBufferSize, MarkOf(second), first.ReceiveBufferSize - 1);
            var room = second.ReceiveBufferSize;
            without.Set(SourcePump.AwakeAlready);
            Assert.Equal(room, second.ReceiveBufferSize);
        }

        using var later = new WakeMark(third, ahead);
        later.Set(Many);
        Assert.Equal(first.ReceiveBufferSize, third.ReceiveBufferSize);
    }

    [Fact]
    public async Task A_mark_that_waits_for_nothing_special_takes_no_place()
    {
        var ahead = new SendAhead(1);
        using var mark = new WakeMark(await ConnectAsync(IPAddress.Loopback), ahead);
        mark.Set(1);
        Assert.True(ahead.TryTake());
    }

    private static int MarkOf(Socket socket) => (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReceiveLowWater)!;

    private async Task<Socket> ConnectAsync(IPAddress address)
    {
        Assert.SkipUnless(address.AddressFamily == AddressFamily.InterNetwork || Socket.OSSupportsIPv6, "This machine has no IPv6.");
        using var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(new IPEndPoint(address, 0));
        }
        catch (SocketException) when (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            Assert.Skip("This machine has no IPv6.");
        }

        listener.Listen(1);
        var sender = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _sockets.Add(sender);
        await sender.ConnectAsync(listener.LocalEndPoint!);
        var accepted = await listener.AcceptAsync();
        _sockets.Add(accepted);
        return accepted;
    }
}
