using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Ingest.EndToEndTests.WaysIn;
using Ingest.TestSupport;

namespace Ingest.EndToEndTests;

/// <summary><c>ingest send</c> to a gateway whose table has no key: what came twice would be there twice.</summary>
public sealed class SendTests
{
    private readonly string _folder = TestRun.CreateFolder("send");
    private readonly int _port = FreePort.Next();

    [Fact]
    public async Task Files_are_sent_as_they_are_and_write_nothing_when_they_are_sent_again()
    {
        await using var serve = await StartAsync();
        var (plain, zipped) = (Path.Combine(_folder, "plain.ndjson"), Path.Combine(_folder, "zipped.ndjson.gz"));
        await File.WriteAllBytesAsync(plain, ServeUnderTest.Lines(1, 2), TestContext.Current.CancellationToken);
        await using (var gzip = new GZipStream(File.Create(zipped), CompressionMode.Compress))
            await gzip.WriteAsync(ServeUnderTest.Lines(3, 4, 5), TestContext.Current.CancellationToken);

        for (var time = 0; time < 2; time++)
        {
            var (exit, output, error) = await SendAsync(_port, [plain, zipped, "--format", "json"]);
            Assert.True(exit == 0, error);
            var sums = JsonDocument.Parse(Assert.Single(output)).RootElement;
            Assert.Equal((5, 0), (sums.GetProperty("lines").GetInt64(), sums.GetProperty("rejected").GetInt64()));
            Assert.Equal(
                [(plain, "committed", 2), (zipped, "committed", 3)],
                sums.GetProperty("files").EnumerateArray()
                    .Select(f => (f.GetProperty("file").GetString()!, f.GetProperty("state").GetString()!, f.GetProperty("lines").GetInt32())));
            Assert.Equal([1, 2, 3, 4, 5], serve.Numbers());
        }

        Assert.Equal([$"{Environment.MachineName}:{plain}", $"{Environment.MachineName}:{zipped}"], serve.Sources().Select(s => s.Source).Distinct().Order());
    }

    [Fact]
    public async Task Standard_input_comes_once_unless_it_has_a_name()
    {
        await using var serve = await StartAsync();
        Assert.Equal(0, (await SendAsync(_port, ["-"], ServeUnderTest.Lines(1))).ExitCode);
        Assert.Equal(0, (await SendAsync(_port, ["-"], ServeUnderTest.Lines(1))).ExitCode);
        Assert.Equal([1, 1], serve.Numbers());
        Assert.Equal(0, (await SendAsync(_port, ["-", "--source", "sensor"], ServeUnderTest.Lines(2))).ExitCode);
        Assert.Equal(0, (await SendAsync(_port, ["-", "--source", "sensor"], ServeUnderTest.Lines(2))).ExitCode);
        Assert.Equal([1, 1, 2], serve.Numbers());
    }

    [Fact]
    public async Task A_pipeline_that_gives_no_receipts_is_not_sent_to_for_ever()
    {
        await using var serve = await ServeUnderTest.StartAsync(_folder, $"listen: {_port}\nacknowledge: none");
        var file = Path.Combine(_folder, "in.ndjson");
        await File.WriteAllBytesAsync(file, ServeUnderTest.Lines(1, 2), TestContext.Current.CancellationToken);
        var (exit, _, error) = await SendAsync(_port, [file]);
        Assert.Equal(1, exit);
        Assert.Contains("'acknowledge: none' gives none", error, StringComparison.Ordinal);
        await serve.WritesAsync(1, 2);
    }

    [Theory]
    [InlineData("a\tb.ndjson")]
    [InlineData("a\nb.ndjson")]
    public async Task A_path_that_no_source_can_be_named_by_is_refused_with_what_to_do(string name)
    {
        await using var serve = await StartAsync();
        var file = Path.Combine(_folder, name);
        await File.WriteAllBytesAsync(file, ServeUnderTest.Lines(1, 2), TestContext.Current.CancellationToken);
        var (exit, _, error) = await SendAsync(_port, [file]);
        Assert.Equal(1, exit);
        Assert.Contains("--source", error, StringComparison.Ordinal);
        Assert.DoesNotContain(name, error, StringComparison.Ordinal);
        Assert.Empty(serve.Numbers());

        Assert.Equal(0, (await SendAsync(_port, [file, "--source", "a-b"])).ExitCode);
        Assert.Equal([1, 2], serve.Numbers());
    }

    [Fact]
    public async Task A_connection_that_is_reset_in_the_middle_is_made_again_and_every_row_is_there_once()
    {
        const int Lines = 300_000;
        await using var serve = await StartAsync();
        await using var relay = new BreakingRelay(_port, 2_500_000);
        var file = Path.Combine(_folder, "long.ndjson");
        await File.WriteAllBytesAsync(file, ServeUnderTest.Lines(Enumerable.Range(0, Lines).Select(n => (long)n)), TestContext.Current.CancellationToken);
        var (exit, output, error) = await SendAsync(relay.Port, [file]);
        Assert.True(exit == 0, error);
        Assert.Contains("sending it again", error, StringComparison.Ordinal);
        Assert.Contains("committed, 300,000 lines", Assert.Single(output), StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(0, Lines).Select(n => (long)n), serve.Numbers());
    }

    [Fact]
    public async Task Time_in_which_much_is_sent_again_does_not_count_as_waiting_in_vain()
    {
        const int Lines = 300;
        await using var serve = await StartAsync();

        // The waits between the connections are longer than its patience together, and none of them alone.
        await using var relay = new BreakingRelay(_port, 20_000_000, 10_000_000, 10_000_000, 10_000_000, 10_000_000);
        var file = Path.Combine(_folder, "long.ndjson");
        var padding = new string('x', 100_000);
        await File.WriteAllLinesAsync(
            file, Enumerable.Range(0, Lines).Select(n => $$"""{"n":{{n}},"padding":"{{padding}}"}"""), TestContext.Current.CancellationToken);
        var (exit, _, error) = await SendAsync(relay.Port, [file, "--retry-for", "3"]);
        Assert.True(exit == 0, error);
        Assert.Equal(Enumerable.Range(0, Lines).Select(n => (long)n), serve.Numbers());
    }

    [Fact]
    public async Task Of_two_connections_with_one_source_the_second_is_told_to_come_later()
    {
        await using var serve = await StartAsync();
        using var first = await ServeUnderTest.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _port));
        using var second = await ServeUnderTest.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _port));
        await using var one = new NetworkStream(first);
        await using var other = new NetworkStream(second);
        byte[] name = [.. "Ingest-Source: twins\r\n"u8];

        // Which of the two came first is for the gateway to say: the one that ends says that the other did.
        await one.WriteAsync(name, TestContext.Current.CancellationToken);
        await other.WriteAsync(name, TestContext.Current.CancellationToken);
        var (oneAnswer, otherAnswer) = (ServeUnderTest.ReadAsync(one), ServeUnderTest.ReadAsync(other));
        var refused = await Task.WhenAny(oneAnswer, otherAnswer);
        var receipt = ServeUnderTest.Receipt(await refused);
        Assert.Equal(("twins", "interrupted"), (receipt.GetProperty("source").GetString(), receipt.GetProperty("state").GetString()));
        Assert.Contains("send it again later", receipt.GetProperty("error").GetString(), StringComparison.Ordinal);

        var (stream, socket, answer) = refused == oneAnswer ? (other, second, otherAnswer) : (one, first, oneAnswer);
        await stream.WriteAsync(ServeUnderTest.Lines(1), TestContext.Current.CancellationToken);
        socket.Shutdown(SocketShutdown.Send);
        Assert.Equal("committed", ServeUnderTest.Receipt(await answer).GetProperty("state").GetString());
        Assert.Equal([1], serve.Numbers());
    }

    [Fact]
    public async Task A_first_line_that_only_begins_like_the_source_line_is_a_line_of_its_own()
    {
        await using var serve = await StartAsync();
        using var socket = await ServeUnderTest.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _port));
        await using var stream = new NetworkStream(socket);
        var receipt = ServeUnderTest.Receipt(await ServeUnderTest.SendAsync(stream, socket, (byte[])[.. "Ingest-Source:\n"u8, .. ServeUnderTest.Lines(1)]));
        Assert.Equal((2, 1), (receipt.GetProperty("lines").GetInt64(), receipt.GetProperty("rejected").GetInt64()));
        Assert.Equal([1], serve.Numbers());
    }

    [Fact]
    public async Task Over_tls_with_a_token_a_file_is_sent_too_and_the_token_is_not_printed()
    {
        using var certificates = new Certificates(_folder);
        certificates.WriteServer();
        var (tokens, file) = (Path.Combine(_folder, "tokens"), Path.Combine(_folder, "in.ndjson"));
        await File.WriteAllTextAsync(tokens, "secret\n", TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(file, ServeUnderTest.Lines(1, 2), TestContext.Current.CancellationToken);
        await using var serve = await StartAsync([.. certificates.Settings, ("Edge__TokensFile", tokens)]);
        for (var time = 0; time < 2; time++)
        {
            var (exit, output, error) = await SendAsync(
                _port, [file, "--tls-ca", certificates.AuthorityFile, "--token-file", tokens], host: "localhost");
            Assert.True(exit == 0, error);
            Assert.DoesNotContain("secret", error + Assert.Single(output), StringComparison.Ordinal);
            Assert.Equal([1, 2], serve.Numbers());
        }
    }

    [Fact]
    public async Task A_gateway_that_demands_a_certificate_is_shown_one()
    {
        using var certificates = new Certificates(_folder);
        certificates.WriteServer();
        var (certificate, key) = certificates.WriteClient("CN=sensor 7");
        await using var serve = await StartAsync([.. certificates.Settings, ("Edge__ClientAuthorityFile", certificates.AuthorityFile)]);
        string[] to = ["-", "--retry-for", "0.2", "--tls-ca", certificates.AuthorityFile];
        var (exit, _, error) = await SendAsync(_port, to, ServeUnderTest.Lines(1), host: "localhost");
        Assert.Equal((1, 1), (exit, error.Split('\n').Length));
        (exit, var output, error) = await SendAsync(
            _port, [.. to, "--tls-cert", certificate, "--tls-key", key], ServeUnderTest.Lines(2), host: "localhost");
        Assert.True(exit == 0, error);
        Assert.Contains("1 written", Assert.Single(output), StringComparison.Ordinal);
        Assert.Equal([2], serve.Numbers());
        Assert.Equal("CN=sensor 7", Assert.Single(serve.Sources()).Source);
    }

    [Fact]
    public async Task A_token_that_is_wrong_or_missing_ends_it_at_once_in_one_sentence()
    {
        var (right, wrong) = (Path.Combine(_folder, "tokens"), Path.Combine(_folder, "wrong"));
        await File.WriteAllTextAsync(right, "secret\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(wrong, "guess\n", TestContext.Current.CancellationToken);
        await using var serve = await StartAsync(("Edge__TokensFile", right));
        var (small, large) = (Path.Combine(_folder, "small"), Path.Combine(_folder, "large"));
        await File.WriteAllBytesAsync(small, ServeUnderTest.Lines(1), TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(large, new byte[50_000_000], TestContext.Current.CancellationToken);
        foreach (string[] arguments in new[] { new[] { small, large, "--token-file", wrong }, [large, small] })
        {
            var (exit, output, error) = await SendAsync(_port, [.. arguments, "--format", "json"]);
            Assert.Equal(1, exit);
            Assert.StartsWith($"ingest: {arguments[0]} to 127.0.0.1:{_port}: the gateway refused it: ", error, StringComparison.Ordinal);
            Assert.EndsWith("; look at --token-file.", error, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', error);
            var file = Assert.Single(JsonDocument.Parse(Assert.Single(output)).RootElement.GetProperty("files").EnumerateArray());
            Assert.Equal("refused", file.GetProperty("state").GetString());
        }

        // Standard input may have nothing to say yet.
        await using var open = Start(_port, ["-"]);
        Assert.Equal(1, await open.WaitForExitAsync(ServeUnderTest.Deadline));
        Assert.Empty(serve.Numbers());
    }

    [Fact]
    public async Task An_interrupt_in_the_middle_ends_it_and_a_second_run_sends_the_rest()
    {
        // What the relay holds back is more than two sockets hold, so that it is still being sent.
        const int Lines = 150_000;
        var file = Path.Combine(_folder, "long.ndjson");
        var padding = new string('x', 1000);
        await File.WriteAllLinesAsync(file, Enumerable.Range(0, Lines).Select(n => $"{{\"n\":{n},\"padding\":\"{padding}\"}}"), TestContext.Current.CancellationToken);
        await using var serve = await StartAsync();
        var interrupted = new TaskCompletionSource();
        await using var relay = new BreakingRelay(_port, 20_000_000) { Hold = interrupted.Task };
        await using (var sending = Start(relay.Port, [file]))
        {
            await Eventually.HoldsAsync(() => serve.Numbers().Count > 0, ServeUnderTest.Deadline, () => sending.Describe("was to send the first lines"));
            sending.Interrupt();
            Assert.Equal(130, await sending.WaitForExitAsync(ServeUnderTest.Deadline));
            Assert.Equal(
                $"ingest: {file} to 127.0.0.1:{relay.Port}: the sending was interrupted; send it again.", sending.Output.ErrorLines[^1]);
            Assert.Empty(sending.Output.Lines);
            interrupted.SetResult();
        }

        Assert.InRange(serve.Numbers().Count, 1, Lines - 1);
        var (exit, _, error) = await SendAsync(_port, [file]);
        Assert.True(exit == 0, error);
        Assert.Equal(Enumerable.Range(0, Lines).Select(n => (long)n), serve.Numbers());
    }

    [Fact]
    public async Task What_only_a_commit_tells_is_left_out_where_the_lines_are_queued()
    {
        var file = Path.Combine(_folder, "in.ndjson");
        await File.WriteAllBytesAsync(file, ServeUnderTest.Lines(1), TestContext.Current.CancellationToken);
        using var gateway = new TcpListener(IPAddress.Loopback, _port);
        gateway.Start();
        var sending = SendAsync(_port, [file, "--format", "json"]);
        using (var connection = await gateway.AcceptTcpClientAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(ServeUnderTest.Deadline, TestContext.Current.CancellationToken))
        {
            await using var stream = connection.GetStream();
            await stream.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken);
            await stream.WriteAsync("{\"source\":\"s\",\"lines\":1,\"bytes\":8,\"batches\":1,\"rejected\":0,\"state\":\"queued\"}\n"u8.ToArray(), TestContext.Current.CancellationToken);
            connection.Client.Shutdown(SocketShutdown.Send);
        }

        var (exit, output, error) = await sending;
        Assert.True(exit == 0, error);
        using var summary = JsonDocument.Parse(Assert.Single(output));
        foreach (var told in (JsonElement[])[summary.RootElement, summary.RootElement.GetProperty("files")[0]])
        {
            Assert.Equal(1, told.GetProperty("lines").GetInt64());
            Assert.All(["written", "duplicate", "filtered"], name => Assert.False(told.TryGetProperty(name, out _), name));
        }
    }

    [Fact]
    public async Task A_gateway_that_stays_away_is_given_up_in_one_sentence()
    {
        var file = Path.Combine(_folder, "in.ndjson");
        await File.WriteAllBytesAsync(file, ServeUnderTest.Lines(1), TestContext.Current.CancellationToken);
        var (exit, output, error) = await SendAsync(_port, [file, "--retry-for", "0.3"]);
        Assert.Equal((1, 0), (exit, output.Count));
        Assert.Contains("did not get further within 0.3 s.", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_meant_is_said_before_anything_is_sent()
    {
        Assert.Equal(1, (await SendAsync(_port, [Path.Combine(_folder, "missing")])).ExitCode);
        Assert.Equal((1, "ingest: No file matches miss*."), await ToldAsync("miss*"));
        Assert.Equal((2, "ingest: Standard input comes once; name - once."), await ToldAsync("-", "-"));
        await File.WriteAllBytesAsync(Path.Combine(_folder, "one"), ServeUnderTest.Lines(1), TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(Path.Combine(_folder, "once"), ServeUnderTest.Lines(1), TestContext.Current.CancellationToken);
        Assert.Equal((2, "ingest: --source names one input, and there are several."), await ToldAsync("on*", "--source", "x"));
        Assert.Equal(2, (await SendAsync(_port, ["-", "--retry-for", "-1"])).ExitCode);
        Assert.Equal(2, (await SendAsync(_port, ["-", "--tls-cert", "x"])).ExitCode);

        async Task<(int, string)> ToldAsync(params string[] arguments)
        {
            var (exit, _, error) = await SendAsync(_port, arguments);
            return (exit, error);
        }
    }

    private Task<ServeUnderTest> StartAsync(params (string, string)[] settings) => ServeUnderTest.StartAsync(_folder, $"listen: {_port}", settings);

    private ServiceProcess Start(int port, string[] arguments, string host = "127.0.0.1") =>
        ServiceProcess.Start("Cli", ["send", .. arguments, "--to", $"{host}:{port}"], workingDirectory: _folder);

    private async Task<(int ExitCode, IReadOnlyList<string> Output, string Error)> SendAsync(int port, string[] arguments, byte[]? input = null, string host = "127.0.0.1")
    {
        await using var sending = Start(port, arguments, host);
        if (input is not null)
            await sending.Input.WriteAsync(input, TestContext.Current.CancellationToken);
        sending.Input.Close();
        var exit = await sending.WaitForExitAsync(ServeUnderTest.Deadline);
        return (exit, [.. sending.Output.Lines], string.Join('\n', sending.Output.ErrorLines));
    }
}
