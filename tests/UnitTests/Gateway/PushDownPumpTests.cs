using System.Text;
using Ingest.Gateway.Filtering;
using Ingest.Gateway.Framing;
using Ingest.Gateway.Sources;
using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Ingest.UnitTests.Messaging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.UnitTests.Gateway;

/// <summary>When what a filter has left of a stream goes out.</summary>
public sealed class PushDownPumpTests : IDisposable
{
    private const string Kept = "{\"keep\":true}\n";
    private const string Dropped = "{\"keep\":false}\n";
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(50);

    private static readonly PipelineDefinition Definition = Definitions.Parse("""
        pipeline: p
        table: t
        where: keep == true
        columns:
          keep: boolean
        """);

    /// <summary>Fills a batch exactly, and none of it is wanted.</summary>
    private static readonly string Cut = CutOf(Dropped);

    private readonly ObservedTime _time = new();
    private readonly ScriptedSender<LineBatch> _sender = new();
    private readonly ScriptedStream _input = new();
    private readonly ProcessorVersions _processors;
    private readonly List<int> _wakes = [];
    private Task<SourceResult> _running = null!;

    public PushDownPumpTests()
    {
        _processors = new ProcessorVersions(_time);
        _processors.Hear("p", Definition.Version);
    }

    public void Dispose() => _input.Dispose();

    [Fact]
    public async Task A_line_goes_at_once_when_nothing_is_in_flight()
    {
        Run();
        _input.Send(Dropped + Kept + Dropped);
        var first = await NextAsync("\n" + Kept + "\n");
        Assert.Equal((3, 2), (first.Batch.Segments[0].Lines, first.Batch.Segments[0].Filtered));
        first.Confirm();
        Assert.True(_time.NobodyWaits);
        await CompleteAsync();
    }

    [Fact]
    public async Task What_is_left_of_full_batches_waits_for_the_linger_time_and_is_joined()
    {
        Run();
        _input.Send(Cut + Kept);
        Assert.Equal(Linger, await _time.NextWaitAsync());
        _time.Advance(TimeSpan.FromMilliseconds(30));
        _input.Send(Cut);
        Assert.Equal(TimeSpan.FromMilliseconds(20), await _time.NextWaitAsync());
        Assert.Equal(0, _sender.Waiting);
        _time.Advance(TimeSpan.FromMilliseconds(20));

        var joined = await _sender.NextAsync();
        var segment = Assert.Single(joined.Batch.Segments);
        Assert.Equal((0, 1, 2 * LineBatchBuilder.CutBytes + Kept.Length), (segment.ByteOffset, segment.FirstLine, segment.ByteLength));
        Assert.Equal((segment.NextLine - 1, segment.Lines - 1), (segment.Lines, segment.Filtered));
        Assert.Equal(segment.Filtered + Kept.Length, joined.Batch.Lines.Length);
        joined.Confirm();
        await CompleteAsync();
    }

    [Fact]
    public async Task What_is_left_of_full_batches_goes_with_the_source_s_end()
    {
        Run();
        _input.Send(Cut + Cut + Kept);
        _input.End();
        var only = await _sender.NextAsync();
        Assert.Equal(Cut.Length * 2 + Kept.Length, only.Batch.Segments[0].ByteLength);
        Assert.Equal(Cut.Length * 2 + Kept.Length, Assert.Single(only.Batch.Ends).Bytes);
        only.Confirm();
        Assert.Equal(SourceOutcome.Completed, (await _running.SoonAsync()).Outcome);
    }

    [Fact]
    public async Task A_batch_of_which_most_is_left_goes_at_once()
    {
        Run();
        _input.Send(CutOf(Kept));
        var first = await _sender.NextAsync();
        Assert.Equal(LineBatchBuilder.CutBytes, first.Batch.Lines.Length);
        first.Confirm();
        await CompleteAsync();
    }

    [Fact]
    public async Task A_batch_covers_no_more_of_its_source_than_its_bound()
    {
        Run();
        var cuts = (int)(BatchJoiner.MostSourceBytes / LineBatchBuilder.CutBytes);
        for (var i = 0; i <= cuts; i++)
            _input.Send(Cut);
        var first = await _sender.NextAsync();
        Assert.Equal(BatchJoiner.MostSourceBytes, first.Batch.Segments[0].ByteLength);
        first.Confirm();
        _input.End();
        (await _sender.NextAsync()).Confirm();
        await _running.SoonAsync();
    }

    [Fact]
    public async Task A_wait_is_ended_by_many_bytes_while_lines_are_joined_and_by_one_otherwise()
    {
        Run();
        await _input.NextPendingAsync();
        _input.Send(Cut);
        await _time.NextWaitAsync();
        Assert.Equal([SourcePump.WorthWaking], _wakes);
        _time.Advance(Linger);
        (await _sender.NextAsync()).Confirm();
        await CompleteAsync();
        Assert.Equal([SourcePump.WorthWaking, 1], _wakes);
    }

    [Fact]
    public async Task Nothing_is_dropped_until_the_processors_have_named_the_same_version_and_no_other()
    {
        _processors.Hear("p", "another");
        Run();
        Assert.Equal("p", await _processors.Questions.ReadAsync(TestContext.Current.CancellationToken).AsTask().SoonAsync());
        (await SendAsync()).Confirm();

        // The other has not been heard of for long enough.
        _time.Advance(ProcessorVersions.HeardFor - TimeSpan.FromTicks(1));
        _processors.Hear("p", Definition.Version);
        (await SendAsync()).Confirm();
        _time.Advance(TimeSpan.FromTicks(1));
        _input.Send(Dropped);
        (await NextAsync("\n")).Confirm();

        // And nobody has been, in the end.
        _time.Advance(ProcessorVersions.HeardFor);
        (await SendAsync()).Confirm();
        await CompleteAsync();

        async Task<Attempt<LineBatch>> SendAsync()
        {
            _input.Send(Dropped);
            return await NextAsync(Dropped);
        }
    }

    [Fact]
    public async Task A_source_that_breaks_off_leaves_what_was_joined()
    {
        Run();
        _input.Send(Cut + Kept + "{");
        await _time.NextWaitAsync();
        _input.Break(new IOException("reset"));
        var last = await _sender.NextAsync();
        Assert.Equal(Cut.Length + Kept.Length, Assert.Single(last.Batch.Ends).Bytes);
        Assert.Equal(Cut.Length + Kept.Length, Assert.Single(last.Batch.Segments).ByteLength);
        last.Confirm();
        Assert.Equal(SourceOutcome.Broken, (await _running.SoonAsync()).Outcome);
    }

    private static string CutOf(string line)
    {
        const int lineBytes = 1024;
        return string.Concat(Enumerable.Repeat(line.TrimEnd('\n').PadRight(lineBytes - 1) + "\n", LineBatchBuilder.CutBytes / lineBytes));
    }

    private void Run()
    {
        var publisher = new BatchPublisher<LineBatch>(_sender, new PublisherOptions(), _time, new Random(1), NullLogger.Instance);
        var pump = new SourcePump(
            Cutting.Live(Definition), new SourceOutlet(publisher), Linger, _time, filter: new PushedFilter(Definition, _processors), wakeAt: _wakes.Add);
        _running = pump.RunAsync(_input, CancellationToken.None, CancellationToken.None);
    }

    private async Task CompleteAsync()
    {
        _input.End();
        (await _sender.NextAsync()).Confirm();
        Assert.Equal(SourceOutcome.Completed, (await _running.SoonAsync()).Outcome);
    }

    private async Task<Attempt<LineBatch>> NextAsync(string lines)
    {
        var attempt = await _sender.NextAsync();
        Assert.Equal(lines, Encoding.UTF8.GetString(attempt.Batch.Lines.Span));
        return attempt;
    }
}
