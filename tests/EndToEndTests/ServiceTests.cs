using System.Net;
using System.Text;
using Ingest.TestSupport;

namespace Ingest.EndToEndTests;

public sealed class ServiceTests(SharedServers servers)
{
    private const string Comments =
        """
        where: subreddit in ["elixir", "erlang"] && author != "[deleted]"
        table: social.comments
        key: id
        columns:
          id: text
          author: text
          body: { type: text, clean: [trim] }
          score: integer
          created_at: { from: created_utc, type: timestamptz, unit: seconds, required: true }
        """;

    [Fact]
    public async Task Lines_sent_with_ncat_become_rows_and_every_line_is_accounted_for()
    {
        var ncat = await Ncat.FindOrSkipAsync();
        await using var pipeline = await PipelineUnderTest.StartAsync(servers, Comments);

        var input = Lines(
            """{"id":"a","author":"jose","body":"  hello \n","score":3,"created_utc":1538352000,"subreddit":"elixir"}""",
            """{"id":"a","author":"jose","body":"again","score":3,"created_utc":1538352000,"subreddit":"elixir"}""",
            """{"id":"b","author":"joe","score":1,"created_utc":1538352001,"subreddit":"erlang"}""",
            """{"id":"c","author":"[deleted]","created_utc":1538352001,"subreddit":"erlang"}""",
            """{"id":"d","author":"x","created_utc":1538352001,"subreddit":"funny"}""",
            "",
            "{broken",
            "[1]",
            """{"author":"x","created_utc":1538352001,"subreddit":"elixir"}""",
            """{"id":"e","author":"x","score":"many","created_utc":1538352001,"subreddit":"elixir"}""",
            """{"id":"f","author":"last line without newline","created_utc":1538352001,"subreddit":"elixir"}""");
        var sent = await ncat.SendAsync(pipeline.Port, new MemoryStream(input), PipelineUnderTest.Deadline);
        Assert.Equal(0, sent.ExitCode);

        await pipeline.AllLinesAreAccountedForAsync(10);
        Assert.Equal((10, 3, 1, 2, 4), await pipeline.BalanceAsync());
        Assert.Equal("hello", await pipeline.Database.ScalarAsync<string>("SELECT body FROM social.comments WHERE id = 'a'"));
        Assert.Equal("2018-10-01 00:00:00+00", await pipeline.Database.ScalarAsync<string>(
            "SELECT (created_at AT TIME ZONE 'UTC')::text || '+00' FROM social.comments WHERE id = 'a'"));
        Assert.Equal(
            "7 invalid_json - {broken|8 not_an_object - [1]|9 missing_required id {\"author\":\"x\",\"created_utc\":1538352001,\"subreddit\":\"elixir\"}"
            + "|10 invalid_value score {\"id\":\"e\",\"author\":\"x\",\"score\":\"many\",\"created_utc\":1538352001,\"subreddit\":\"elixir\"}",
            await pipeline.Database.ScalarAsync<string>(
                "SELECT string_agg(concat_ws(' ', line, reason, coalesce(column_name, '-'), convert_from(raw, 'UTF8')), '|' ORDER BY line) FROM ingest_rejects"));
        Assert.Equal("10 11", await pipeline.Database.ScalarAsync<string>("SELECT concat_ws(' ', lines, last_line) FROM ingest_sources"));
    }

    [Fact]
    public async Task A_long_stream_gives_exactly_the_rows_that_its_generator_counted()
    {
        var ncat = await Ncat.FindOrSkipAsync();
        const int lines = 60_000;
        var comments = new CommentsGenerator(lines, seed: 7);
        await using var pipeline = await PipelineUnderTest.StartAsync(servers, Comments);

        var sent = await ncat.SendAsync(pipeline.Port, comments.OpenRead(), PipelineUnderTest.Deadline);
        Assert.Equal(0, sent.ExitCode);

        await pipeline.AllLinesAreAccountedForAsync(lines);
        var passing = comments.Passing;
        Assert.Equal((lines, passing, 0, lines - passing, 0), await pipeline.BalanceAsync());
        Assert.Equal(passing, await pipeline.Database.ScalarAsync<long>("SELECT count(*) FROM social.comments"));
        await SegmentsTileTheirSourcesAsync(pipeline);
    }

    [Fact]
    public async Task A_filter_that_is_pushed_down_spares_the_broker_and_gives_the_same_table()
    {
        var ncat = await Ncat.FindOrSkipAsync();
        const int lines = 60_000;
        var comments = new CommentsGenerator(lines, seed: 7);
        await using var with = await PipelineUnderTest.StartAsync(servers, Comments);
        await using var without = await PipelineUnderTest.StartAsync(servers, $"push_down: off\n{Comments}");

        var sources = await AwaitPushDownAsync(with, ncat);
        var before = await FilteredBeforeAsync(with);
        for (var i = 0; i < sources; i++)
            await ncat.SendAsync(without.Port, new MemoryStream("{}\n"u8.ToArray()), PipelineUnderTest.Deadline);

        foreach (var pipeline in new[] { with, without })
        {
            var sent = await ncat.SendAsync(pipeline.Port, comments.OpenRead(), PipelineUnderTest.Deadline);
            Assert.Equal(0, sent.ExitCode);
            await pipeline.AllLinesAreAccountedForAsync(lines + sources, sources + 1);
            await SegmentsTileTheirSourcesAsync(pipeline);
        }

        Assert.Equal(await without.BalanceAsync(), await with.BalanceAsync());
        Assert.Equal(await TableAsync(without), await TableAsync(with));

        // None of them crossed the broker.
        Assert.Equal((lines - comments.Passing, 0), (await FilteredBeforeAsync(with) - before, await FilteredBeforeAsync(without)));
        foreach (var pipeline in (PipelineUnderTest[])[without, with])
        {
            Assert.Equal(
                await pipeline.Database.ScalarAsync<long>("SELECT sum(lines)::bigint FROM ingest_batches"),
                await MetricAsync(pipeline.GatewayMetrics, "ingest_lines_received_total{"));
            Assert.Equal(
                await pipeline.Database.ScalarAsync<long>("SELECT sum(byte_length)::bigint FROM ingest_segments"),
                await MetricAsync(pipeline.GatewayMetrics, "ingest_received_bytes_total{"));
            foreach (var outcome in (string[])["written", "duplicate", "filtered", "rejected"])
            {
                // A writer counts what it has committed a moment after everybody sees it.
                var committed = await pipeline.Database.ScalarAsync<long>($"SELECT sum({outcome})::bigint FROM ingest_batches");
                await Eventually.HoldsAsync(
                    async () => committed == await MetricAsync(pipeline.WriterMetrics, "ingest_lines_committed_total{", $"outcome=\"{outcome}\""),
                    PipelineUnderTest.Deadline,
                    () => $"The writer was to count {committed} lines {outcome}.");
            }
        }

        static Task<string?> TableAsync(PipelineUnderTest pipeline) => pipeline.Database.ScalarAsync<string>(
            "SELECT md5(string_agg(concat_ws('|', id, author, body, score, created_at), '|' ORDER BY id)) FROM social.comments");
    }

    [Fact]
    public async Task A_named_source_behind_a_pushed_down_filter_is_written_once_though_it_is_sent_twice_and_its_processor_killed()
    {
        var ncat = await Ncat.FindOrSkipAsync();
        const int lines = 60_000;
        var comments = new CommentsGenerator(lines, seed: 7);
        using var named = new MemoryStream();
        named.Write("Ingest-Source: archive\n"u8);
        await comments.OpenRead().CopyToAsync(named, TestContext.Current.CancellationToken);
        await using var pipeline = await PipelineUnderTest.StartAsync(servers, $"acknowledge: committed\n{Comments}");
        var sources = await AwaitPushDownAsync(pipeline, ncat);
        var before = await FilteredBeforeAsync(pipeline);

        var sending = SendAsync();
        await Eventually.HoldsAsync(
            async () => await FilteredBeforeAsync(pipeline) > before, PipelineUnderTest.Deadline, () => pipeline.Gateway.Describe("was to filter"));
        pipeline.Processor.Kill();
        await pipeline.StartAgainAsync(pipeline.Processor);
        string[] receipts = [(await sending).Output, (await SendAsync()).Output];

        Assert.All(receipts, receipt => Assert.Contains($"\"lines\":{lines},", receipt, StringComparison.Ordinal));
        Assert.All(receipts, receipt => Assert.Contains("\"state\":\"committed\"", receipt, StringComparison.Ordinal));
        Assert.All(receipts, receipt => Assert.Contains($"\"written\":{comments.Passing},", receipt, StringComparison.Ordinal));
        Assert.Equal(comments.Passing, await pipeline.Database.ScalarAsync<long>("SELECT count(*) FROM social.comments"));
        Assert.Equal(
            (lines + sources, comments.Passing, 0, lines + sources - comments.Passing, 0), await pipeline.BalanceAsync());
        await SegmentsTileTheirSourcesAsync(pipeline);

        Task<NcatResult> SendAsync() => ncat.SendAsync(pipeline.Port, new MemoryStream(named.ToArray()), PipelineUnderTest.Deadline);
    }

    /// <summary>Until the gateway has heard of the processor it drops nothing.</summary>
    /// <returns>How many sources of one line that passes no filter were sent to find out.</returns>
    private static async Task<int> AwaitPushDownAsync(PipelineUnderTest pipeline, Ncat ncat)
    {
        var sources = 0;
        await Eventually.HoldsAsync(
            async () =>
            {
                await ncat.SendAsync(pipeline.Port, new MemoryStream("{}\n"u8.ToArray()), PipelineUnderTest.Deadline);
                sources++;
                return await FilteredBeforeAsync(pipeline) > 0;
            },
            PipelineUnderTest.Deadline,
            () => $"The gateway was to filter.\n{pipeline.Gateway.Describe("runs")}\n{pipeline.Processor.Describe("runs")}");
        return sources;
    }

    /// <summary>Lines that the gateway dropped before they were queued.</summary>
    private static Task<long> FilteredBeforeAsync(PipelineUnderTest pipeline) => MetricAsync(pipeline.GatewayMetrics, "ingest_lines_filtered_total{");

    private static async Task<long> MetricAsync(Uri address, string name, string label = "")
    {
        using var http = new HttpClient();
        var metrics = await http.GetStringAsync(address, TestContext.Current.CancellationToken);
        return metrics.Split('\n')
            .Where(line => line.StartsWith(name, StringComparison.Ordinal) && line.Contains(label, StringComparison.Ordinal))
            .Sum(line => long.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task A_gateway_drops_nothing_that_a_processor_of_another_version_may_want()
    {
        var ncat = await Ncat.FindOrSkipAsync();
        await using var pipeline = await PipelineUnderTest.StartAsync(servers, Comments);
        await ncat.SendAsync(pipeline.Port, new CommentsGenerator(2_000, seed: 3).OpenRead(), PipelineUnderTest.Deadline);
        await pipeline.AllLinesAreAccountedForAsync(2_000);

        // Only the processor is started again after the change.
        var file = Path.Combine(pipeline.DefinitionFolder, "pipeline.yaml");
        var definition = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(file, definition.Replace("erlang", "funny", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        await pipeline.StartAgainAsync(pipeline.Processor);
        await pipeline.Processor.WaitForLineAsync(line => line.Contains("Consuming", StringComparison.Ordinal), PipelineUnderTest.Deadline);
        await Eventually.HoldsAsync(
            async () =>
            {
                await ncat.SendAsync(
                    pipeline.Port,
                    new MemoryStream(Lines("""{"id":"new","author":"x","created_utc":1538352001,"subreddit":"funny"}""")),
                    PipelineUnderTest.Deadline);
                return await pipeline.Database.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM social.comments WHERE id = 'new')");
            },
            PipelineUnderTest.Deadline,
            () => $"The line was to be a row.\n{pipeline.Gateway.Describe("runs")}\n{pipeline.Processor.Describe("runs")}");
    }

    [Fact]
    public async Task A_table_that_does_not_fit_any_more_stops_the_writer_until_somebody_mends_it()
    {
        var ncat = await Ncat.FindOrSkipAsync();
        await using var pipeline = await PipelineUnderTest.StartAsync(
            servers, Comments, settings: ("Writer__RefusalRetryDelay", "00:00:00.2"));
        await ncat.SendAsync(pipeline.Port, new MemoryStream(Lines("{}")), PipelineUnderTest.Deadline);
        await pipeline.AllLinesAreAccountedForAsync(1);
        await AnswersAsync("ready", HttpStatusCode.OK, "ready");
        await pipeline.Database.ExecuteAsync("ALTER TABLE social.comments RENAME COLUMN created_at TO made_at");
        await ncat.SendAsync(
            pipeline.Port, new MemoryStream(Lines("""{"id":"a","author":"x","created_utc":1538352001,"subreddit":"elixir"}""")), PipelineUnderTest.Deadline);
        await pipeline.Writer.WaitForLineAsync(
            line => line.Contains("made_at", StringComparison.Ordinal) || line.Contains("created_at", StringComparison.Ordinal), PipelineUnderTest.Deadline);
        Assert.Equal(1, (await pipeline.BalanceAsync()).Lines);
        await AnswersAsync("ready", HttpStatusCode.ServiceUnavailable, "\"created_at\"");
        await AnswersAsync("live", HttpStatusCode.OK, "");

        await pipeline.Database.ExecuteAsync("ALTER TABLE social.comments RENAME COLUMN made_at TO created_at");
        await pipeline.AllLinesAreAccountedForAsync(2, sources: 2);
        Assert.Equal((2, 1, 0, 1, 0), await pipeline.BalanceAsync());
        await Eventually.HoldsAsync(
            () => AnswersAsync("ready", HttpStatusCode.OK, "ready"), PipelineUnderTest.Deadline, () => pipeline.Writer.Describe("was to be ready again"));

        async Task<bool> AnswersAsync(string question, HttpStatusCode status, string text)
        {
            using var http = new HttpClient();
            using var answer = await http.GetAsync(new Uri(pipeline.WriterHealth, question), TestContext.Current.CancellationToken);
            Assert.Equal(status, answer.StatusCode);
            Assert.Contains(text, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
            return true;
        }
    }

    [Fact]
    public async Task A_producer_is_reset_when_the_gateway_dies_before_its_lines_are_safe()
    {
        var ncat = await Ncat.FindOrSkipAsync();
        await using var broker = await SharedServers.OrSkipAsync(RabbitMqServer.StartOwnAsync);
        await using var pipeline = await PipelineUnderTest.StartAsync(servers, Comments, broker);
        await broker.PauseAsync();

        var sending = ncat.SendAsync(pipeline.Port, new MemoryStream(Lines("""{"id":"a"}""")), PipelineUnderTest.Deadline);
        await IsReadAsync(sending, pipeline);
        pipeline.Gateway.Kill();

        var sent = await sending;
        Assert.NotEqual(0, sent.ExitCode);
        await broker.ResumeAsync();
    }

    [Fact]
    public async Task A_gateway_that_stops_gives_up_what_is_not_safe_when_its_drain_is_over()
    {
        // Less than the host would wait for it.
        var deadline = TimeSpan.FromSeconds(25);
        var ncat = await Ncat.FindOrSkipAsync();
        await using var broker = await SharedServers.OrSkipAsync(RabbitMqServer.StartOwnAsync);
        await using var pipeline = await PipelineUnderTest.StartAsync(servers, Comments, broker, ("Gateway__Drain", "00:00:01"));
        await broker.PauseAsync();
        var sending = ncat.SendAsync(pipeline.Port, new MemoryStream(Lines("""{"id":"a"}""")), PipelineUnderTest.Deadline);
        await IsReadAsync(sending, pipeline);

        Assert.Equal(0, await pipeline.Gateway.StopAsync(deadline));
        var sent = await sending;
        Assert.NotEqual(0, sent.ExitCode);
        Assert.Empty(sent.Output);
        await broker.ResumeAsync();
    }

    [Fact]
    public async Task A_paused_broker_blocks_the_sender_and_afterwards_everything_arrives()
    {
        var ncat = await Ncat.FindOrSkipAsync();
        await using var broker = await SharedServers.OrSkipAsync(RabbitMqServer.StartOwnAsync);
        // What a pushed-down filter leaves of these lines would have room in the gateway.
        await using var pipeline = await PipelineUnderTest.StartAsync(servers, $"push_down: off\n{Comments}", broker);

        // One line first, so that the connections to the broker stand when it stops.
        await ncat.SendAsync(pipeline.Port, new CommentsGenerator(1).OpenRead(), PipelineUnderTest.Deadline);
        await pipeline.AllLinesAreAccountedForAsync(1);
        await broker.PauseAsync();

        await using var input = new OngoingInput(seed: 3);
        var sending = ncat.SendAsync(pipeline.Port, input, PipelineUnderTest.Deadline);
        await input.StallsAsync(TimeSpan.FromSeconds(3));
        Assert.False(sending.IsCompleted);
        Assert.InRange(pipeline.Gateway.MemoryBytes.PeakBytes, 1, 200L * 1024 * 1024);

        input.End();
        await broker.ResumeAsync();
        Assert.Equal(0, (await sending).ExitCode);
        await pipeline.AllLinesAreAccountedForAsync(input.Lines + 1, sources: 2);
        Assert.InRange(pipeline.Gateway.MemoryBytes.PeakBytes, 1, 200L * 1024 * 1024);
    }

    private static async Task SegmentsTileTheirSourcesAsync(PipelineUnderTest pipeline)
    {
        var gaps = await pipeline.Database.ScalarAsync<long>(
            """
            SELECT count(*) FROM (
                SELECT first_line - lag(next_line, 1, 1::bigint) OVER w AS lines,
                       byte_offset - lag(byte_offset + byte_length, 1, 0::bigint) OVER w AS bytes
                FROM ingest_segments WINDOW w AS (PARTITION BY source_id ORDER BY byte_offset)) g
            WHERE lines <> 0 OR bytes <> 0
            """);
        var wrongSums = await pipeline.Database.ScalarAsync<long>(
            """
            SELECT count(*) FROM ingest_sources s
            WHERE (lines, bytes) <> (SELECT sum(g.lines), sum(g.byte_length) FROM ingest_segments g WHERE g.source_id = s.source_id)
            """);
        Assert.Equal((0, 0), (gaps, wrongSums));
    }

    /// <summary>The gateway has read all that was sent, and has not answered.</summary>
    private static async Task IsReadAsync(Task sending, PipelineUnderTest pipeline)
    {
        await Eventually.HoldsAsync(
            () => sending.IsCompleted || IsReadToItsEnd(pipeline.Port),
            PipelineUnderTest.Deadline,
            () => "The gateway was to have read the connection.");
        Assert.False(sending.IsCompleted);
    }

    /// <summary>
    /// Whether the port's connection is half-closed by its sender and all of its bytes have been read (proc(5),
    /// <c>/proc/net/tcp</c>). Unread bytes would make the kernel reset the connection of a killed process anyway.
    /// </summary>
    private static bool IsReadToItsEnd(int port) =>
        File.ReadLines("/proc/net/tcp").Skip(1).Any(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is var fields
            && fields[1].EndsWith($":{port:X4}", StringComparison.Ordinal)
            && fields[3] == CloseWait
            && Convert.ToInt32(fields[4].Split(':')[1], 16) <= EndOfStream);

    private const string CloseWait = "08";

    /// <summary>The end itself counts as one unread byte.</summary>
    private const int EndOfStream = 1;

    private static byte[] Lines(params string[] lines) => Encoding.UTF8.GetBytes(string.Join('\n', lines));
}
