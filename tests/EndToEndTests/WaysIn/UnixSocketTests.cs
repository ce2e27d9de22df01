using System.Net.Sockets;
using Ingest.TestSupport;

namespace Ingest.EndToEndTests.WaysIn;

public sealed class UnixSocketTests
{
    private readonly string _folder = TestRun.CreateFolder("unix");

    private string SocketPath => Path.Combine(_folder, "numbers.sock");

    [Fact]
    public async Task A_producer_on_a_unix_socket_gets_its_receipt_and_the_end()
    {
        await using var serve = await ServeUnderTest.StartAsync(_folder, "listen: ./numbers.sock");
        using var socket = await ConnectAsync();
        await using var stream = new NetworkStream(socket);
        var receipt = ServeUnderTest.Receipt(await ServeUnderTest.SendAsync(stream, socket, ServeUnderTest.Lines(1, 2)));
        Assert.Equal(("committed", 2), (receipt.GetProperty("state").GetString(), receipt.GetProperty("written").GetInt64()));
        Assert.EndsWith($",pid={Environment.ProcessId}", receipt.GetProperty("source").GetString(), StringComparison.Ordinal);
        Assert.Equal([1, 2], serve.Numbers());
    }

    [Fact]
    public async Task A_stopping_process_tells_an_open_producer_how_far_it_came_and_takes_the_file_away()
    {
        await using var serve = await ServeUnderTest.StartAsync(_folder, "listen: ./numbers.sock");
        using var socket = await ConnectAsync();
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(ServeUnderTest.Lines(1, 2), TestContext.Current.CancellationToken);
        await serve.WritesAsync(1, 2);
        var stopping = serve.Process.StopAsync(ServeUnderTest.Deadline);
        Assert.Equal("interrupted", ServeUnderTest.Receipt(await ServeUnderTest.ReadAsync(stream)).GetProperty("state").GetString());
        Assert.Equal(0, await stopping);
        Assert.False(File.Exists(SocketPath));
    }

    [Fact]
    public async Task A_killed_process_gives_no_receipt_and_what_it_leaves_is_replaced()
    {
        await using var serve = await ServeUnderTest.StartAsync(_folder, "listen: ./numbers.sock");
        using var socket = await ConnectAsync();
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(ServeUnderTest.Lines(1), TestContext.Current.CancellationToken);
        await serve.WritesAsync(1);
        serve.Process.Kill();
        Assert.Equal("", await ServeUnderTest.ReadAsync(stream));
        Assert.True(File.Exists(SocketPath));

        await serve.StartAgainAsync();
        using var again = await ConnectAsync();
        await using var second = new NetworkStream(again);
        Assert.NotEqual("", await ServeUnderTest.SendAsync(second, again, ServeUnderTest.Lines(2)));
        Assert.Equal([1, 2], serve.Numbers());
    }

    [Fact]
    public async Task A_socket_in_use_is_left_alone_and_said_at_start()
    {
        await using var serve = await ServeUnderTest.StartAsync(_folder, "listen: ./numbers.sock");
        var (exitCode, error) = await ServeUnderTest.FailAsync(TestRun.CreateFolder("second"), $"listen: {SocketPath}");
        Assert.Equal(1, exitCode);
        Assert.Equal(
            $"ingest: Pipeline numbers cannot listen on {SocketPath} (another process listens there); make room for it there, or change listen in numbers.yaml.",
            error.Split('\n')[^1]);
        using var socket = await ConnectAsync();
        await using var stream = new NetworkStream(socket);
        Assert.NotEqual("", await ServeUnderTest.SendAsync(stream, socket, ServeUnderTest.Lines(1)));
    }

    [Fact]
    public async Task Of_two_that_begin_at_the_same_time_the_second_leaves_the_socket_alone()
    {
        // The first of them is the test: it has begun, and does not listen yet.
        await using (new FileStream($"{SocketPath}.lock", FileMode.Create, FileAccess.ReadWrite, FileShare.None))
        using (var begun = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            begun.Bind(new UnixDomainSocketEndPoint(SocketPath));
            var (exitCode, error) = await ServeUnderTest.FailAsync(_folder, "listen: ./numbers.sock");
            Assert.Equal(1, exitCode);
            Assert.Matches(
                @"^ingest: Pipeline numbers cannot listen on \S+numbers\.sock \(.*numbers\.sock\.lock.*being used by another process\); make room for it there, or change listen in numbers\.yaml\.$",
                error.Split('\n')[^1]);
            Assert.True(File.Exists(SocketPath));
        }

        await using var serve = await ServeUnderTest.StartAsync(_folder, "listen: ./numbers.sock");
    }

    [Fact]
    public async Task A_file_that_is_no_socket_is_left_alone()
    {
        await File.WriteAllTextAsync(SocketPath, "precious", TestContext.Current.CancellationToken);
        var (exitCode, error) = await ServeUnderTest.FailAsync(_folder, "listen: ./numbers.sock");
        Assert.Equal(1, exitCode);
        Assert.Contains("something that is no socket lies there", error, StringComparison.Ordinal);
        Assert.Equal("precious", await File.ReadAllTextAsync(SocketPath, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Who_may_connect_is_configured()
    {
        if (OperatingSystem.IsWindows())
            return;
        await using var serve = await ServeUnderTest.StartAsync(_folder, "listen: ./numbers.sock", ("Gateway__SocketMode", "660"));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite,
            File.GetUnixFileMode(SocketPath));
    }

    [Fact]
    public async Task A_mode_that_is_none_is_refused_at_start()
    {
        var (exitCode, error) = await ServeUnderTest.FailAsync(_folder, "listen: ./numbers.sock", ("Gateway__SocketMode", "rw-rw----"));
        Assert.Equal(78, exitCode);
        Assert.Contains("SocketMode must be three octal digits", error, StringComparison.Ordinal);
    }

    private Task<Socket> ConnectAsync() => ServeUnderTest.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath));
}
