using System.Net.Sockets;
using Ingest.Messaging;
using Ingest.TestSupport;
using Ingest.Writer;

namespace Ingest.UnitTests.Writer;

public sealed class DatabaseTests
{
    /// <summary>Options of TCP cannot be set there.</summary>
    [Fact]
    public async Task A_server_on_a_unix_domain_socket_is_spoken_to()
    {
        var folder = TestRun.CreateFolder("pg");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(Path.Combine(folder, ".s.PGSQL.5432")));
        listener.Listen();
        await using var database = Database.Parse($"Host={folder};Port=5432;Username=u;Password=p;Database=d");
        var claiming = database.TryClaimAsync(Guid.NewGuid(), TestContext.Current.CancellationToken);
        using (var connection = await listener.AcceptAsync(TestContext.Current.CancellationToken))
        {
            // A request begins with its length and a code.
            Assert.True(await connection.ReceiveAsync(new byte[64], TestContext.Current.CancellationToken) >= 8);
        }

        await Assert.ThrowsAsync<StoreAwayException>(() => claiming);
    }
}
