using System.Net;
using System.Net.Sockets;
using Ingest.TestSupport;

namespace Ingest.UnitTests.Support;

public sealed class FreePortTests
{
    [Fact]
    public void Ports_can_be_listened_on_and_are_given_once()
    {
        var listeners = Enumerable.Range(0, 10).Select(_ => new TcpListener(IPAddress.Loopback, FreePort.Next())).ToList();
        listeners.ForEach(listener => listener.Start());
        listeners.ForEach(listener => listener.Dispose());
    }
}
