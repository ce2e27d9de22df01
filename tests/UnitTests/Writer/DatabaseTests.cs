using System.Net.Sockets;
using Ingest.Messaging;
using Ingest.TestSupport;
using Ingest.Writer;

namespace Ingest.UnitTests.Writer;

public sealed class DatabaseTests
{
    [Theory]
    [InlineData("mysql://u:secret@h/d")]
    [InlineData(" mysql://u:secret@h/d")]
    [InlineData("postgresql+psycopg2://u:secret@h/d")]
    [InlineData("jdbc:postgresql://u:secret@h/d?ssl=x")]
    public void The_uri_of_another_database_is_no_path_and_its_password_is_not_told(string text)
    {
        var wrong = Assert.Throws<FormatException>(() => Database.Parse(text));
        Assert.Contains(":// is no kind of database that is known", wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", wrong.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Postgres://u:secret@h/d", "h:5432/d")]
    [InlineData(" postgresql://u:secret@h:1/d", "h:1/d")]
    [InlineData("file:///tmp/x.db", "file:///tmp/x.db")]
    [InlineData("Host=h;Username=u;Password=a://b;Database=d", "h:5432/d")]
    [InlineData("a.b/c.db", "a.b/c.db")]
    public async Task What_names_a_database_is_called_by_it(string text, string name)
    {
        await using var database = Database.Parse(text);
        Assert.Equal(name, database.Name);
    }

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
