using System.Text;
using Ingest.Gateway.Filtering;
using Ingest.Gateway.Framing;
using Ingest.Gateway.Sources;
using Ingest.Messaging;
using Ingest.Messaging.RabbitMq;
using Ingest.Messaging.Wire;
using Ingest.Pipelines.Compiled;
using Ingest.Pipelines.Definition;
using Ingest.Processor;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Ingest.UnitTests.Gateway;

/// <summary>One source through pump, wire and processor, with its filter pushed down or not, and all that a ledger hears of it.</summary>
internal sealed class PushedDown : IBatchSender<LineBatch>
{
    private readonly BatchProcessor _processor;
    private readonly FakeTimeProvider _time = new();
    private readonly StringBuilder _tuples = new();

    private PushedDown(PipelineDefinition definition) => _processor = new BatchProcessor(new CompiledPipeline(definition));

    /// <summary>Bytes of lines that crossed.</summary>
    public long Crossed { get; private set; }

    public int Batches { get; private set; }

    /// <summary>Lines that were dropped before they crossed.</summary>
    public long FilteredBefore { get; private set; }

    /// <summary>Each batch's id and segments, as the writer gets them.</summary>
    public List<string> Segments { get; } = [];

    /// <summary>The rows' line numbers.</summary>
    public List<long> RowLines { get; } = [];

    /// <summary>The rows, one after another.</summary>
    public string Tuples => _tuples.ToString();

    public List<string> Rejects { get; } = [];

    public string End { get; private set; } = "";

    public (long Lines, long Filtered, long Rejected, long Rows, long Bytes, long NextLine) Sums { get; private set; } = (0, 0, 0, 0, 0, 1);

    /// <param name="source">What sends.</param>
    /// <param name="bytes">What it sends.</param>
    /// <param name="receives">How many bytes arrive at a time; the last number goes on for ever.</param>
    /// <param name="isOn">Whether the filter is pushed down.</param>
    public static async Task<PushedDown> RunAsync(Source source, byte[] bytes, IReadOnlyList<int> receives, bool isOn)
    {
        var run = new PushedDown(source.Pipeline);
        await using var publisher = new BatchPublisher<LineBatch>(run, new PublisherOptions(), run._time, new Random(1), NullLogger.Instance);
        var processors = new ProcessorVersions(run._time);
        processors.Hear(source.Pipeline.Name, source.Pipeline.Version);
        var pump = new SourcePump(
            source, new SourceOutlet(publisher), TimeSpan.FromMilliseconds(50), run._time, filter: isOn ? new PushedFilter(source.Pipeline, processors) : null);
        await pump.RunAsync(new PiecewiseStream(bytes, receives), CancellationToken.None, CancellationToken.None);
        return run;
    }

    public Task SendAsync(LineBatch batch, CancellationToken cancellationToken)
    {
        Batches++;
        Crossed += batch.Lines.Length;
        FilteredBefore += batch.Segments.Sum(s => s.Filtered);
        using var body = Body.Pack(batch, BodyCompression.Lz4);
        using var arrived = Body.Unpack<LineBatch>(body.Memory.Span).Single();
        using var rows = _processor.Process(arrived);
        Segments.Add($"{rows.Id} {string.Join(' ', rows.Segments)}");
        RowLines.AddRange(rows.RowLines);
        _tuples.Append(Convert.ToHexString(rows.Tuples.Span));
        Rejects.AddRange(rows.Rejects.Select(r => $"{r.Line} {r.Reason} {r.Column} {r.Detail} {r.RawLength} {Encoding.Latin1.GetString(r.Raw.Span)}"));
        foreach (var segment in rows.Segments)
        {
            // They tile their source, or the ledger would show a hole.
            Assert.Equal((Sums.Bytes, Sums.NextLine), (segment.ByteOffset, segment.FirstLine));
            Assert.Equal(segment.Lines, segment.Filtered + segment.Rejected + segment.Rows);
            Sums = (Sums.Lines + segment.Lines, Sums.Filtered + segment.Filtered, Sums.Rejected + segment.Rejected,
                Sums.Rows + segment.Rows, Sums.Bytes + segment.ByteLength, segment.NextLine);
        }

        foreach (var end in rows.Ends)
            End = $"{end.Lines} {end.LastLine} {end.Bytes}";
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class PiecewiseStream(byte[] bytes, IReadOnlyList<int> receives) : Stream
    {
        private int _next;
        private int _receive;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (buffer.IsEmpty)
                return new(0);
            var most = receives[Math.Min(_receive++, receives.Count - 1)];
            var count = Math.Min(Math.Min(buffer.Length, most), bytes.Length - _next);
            bytes.AsSpan(_next, count).CopyTo(buffer.Span);
            _next += count;
            return new(count);
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
