using System.Runtime.InteropServices;
using System.Text;
using Ingest.Gateway.Framing;
using Ingest.Messaging;
using Ingest.Pipelines.Compiled;
using Ingest.Pipelines.Definition;
using Ingest.Processor;
using Microsoft.Extensions.Time.Testing;

namespace Ingest.UnitTests.Gateway;

internal enum SourceEnding
{
    Complete,
    Abandoned,
    Corrupt,
}

/// <summary>A batch, copied before its memory went back to the pool.</summary>
internal sealed record CutBatch(
    Guid Id, string Lines, IReadOnlyList<Segment> Segments, IReadOnlyList<Reject> Rejects, IReadOnlyList<SourceEnd> Ends)
{
    /// <summary>All that a batch says, to compare two of them.</summary>
    public override string ToString() =>
        $"{Id} {string.Join(' ', Segments)} [{string.Join(' ', Rejects.Select(r => $"{r.Line}:{r.Reason}:{r.RawLength}:{r.Raw.Length}"))}] {string.Join(' ', Ends)} {Lines.Length}:{Lines}";
}

/// <summary>Feeds a builder as a source does, in receives of any size, and keeps what comes out.</summary>
internal sealed class Cutting : IDisposable
{
    private readonly Source _source;
    private readonly LineBatchBuilder _builder;

    public Cutting(Source source)
    {
        _source = source;
        _builder = new LineBatchBuilder(source, new FakeTimeProvider());
    }

    public List<CutBatch> Batches { get; } = [];

    /// <summary>The largest buffer that bytes were received into.</summary>
    public int LargestBuffer { get; private set; }

    public LineBatchBuilder Builder => _builder;

    public static Source Live(PipelineDefinition definition) => Source.Live("live", definition);

    public static Source Replayable(PipelineDefinition definition) => Source.Replay("/data/file.json", definition);

    /// <param name="receives">How many bytes arrive at a time; the last number goes on for ever.</param>
    public static Cutting Of(Source source, ReadOnlySpan<byte> bytes, IEnumerable<int> receives, SourceEnding ending = SourceEnding.Complete)
    {
        using var cutting = new Cutting(source);
        using var sizes = receives.GetEnumerator();
        var size = int.MaxValue;
        while (bytes.Length > 0)
        {
            if (sizes.MoveNext())
                size = Math.Max(1, sizes.Current);
            bytes = bytes[cutting.Receive(bytes[..Math.Min(size, bytes.Length)])..];
        }

        cutting.End(ending);
        return cutting;
    }

    /// <summary>Receives at most the bytes given.</summary>
    /// <param name="takeWhilePending">Whether the linger time passes while the receive is under way.</param>
    /// <returns>How many there was room for.</returns>
    public int Receive(ReadOnlySpan<byte> bytes, bool takeWhilePending = false)
    {
        var memory = _builder.GetMemory();
        Assert.True(MemoryMarshal.TryGetArray<byte>(memory, out var array));
        LargestBuffer = Math.Max(LargestBuffer, array.Array!.Length);
        if (memory.IsEmpty)
            Assert.Fail("There is no room to receive into.");

        var count = Math.Min(bytes.Length, memory.Length);
        bytes[..(count / 2)].CopyTo(memory.Span);
        if (takeWhilePending)
            TakeWholeLines();
        bytes[(count / 2)..count].CopyTo(memory.Span[(count / 2)..]);
        _builder.Advance(count);
        while (_builder.IsFull)
            Keep(_builder.Take());
        return count;
    }

    public void ReleaseIfEmpty()
    {
        if (_builder.Held == 0)
            _builder.ReleaseBuffer();
    }

    public void TakeWholeLines()
    {
        if (_builder.HasWholeLines)
            Keep(_builder.TakeWholeLines());
    }

    public void End(SourceEnding ending)
    {
        if (ending == SourceEnding.Abandoned)
            Keep(_builder.Abandon());
        foreach (var batch in ending switch
        {
            SourceEnding.Complete => _builder.Complete(),
            SourceEnding.Corrupt => _builder.CompleteCorrupt("bad block"),
            _ => [],
        })
        {
            Keep(batch);
        }
    }

    /// <summary>The lines that the processor makes of the batches, in the order of their numbers.</summary>
    public List<FramedLine> Lines()
    {
        var processor = new BatchProcessor(new CompiledPipeline(_source.Pipeline));
        var lines = new List<FramedLine>();
        foreach (var batch in Batches)
        {
            using var rows = processor.Process(Uncopy(batch));
            Assert.Equal(0, rows.Rows);
            foreach (var (before, after) in batch.Segments.Zip(rows.Segments))
                Assert.Equal(before.Lines, after.Rejected);
            lines.AddRange(rows.Rejects
                .Where(r => r.Reason != RejectReason.CorruptInput)
                .OrderBy(r => r.Line)
                .Select(r => new FramedLine(r.Line, r.Reason == RejectReason.LineTooLong, r.RawLength, Encoding.Latin1.GetString(r.Raw.Span))));
        }

        return lines;
    }

    /// <summary>How many rows the processor makes of the batches.</summary>
    public int Rows()
    {
        var processor = new BatchProcessor(new CompiledPipeline(_source.Pipeline));
        var count = 0;
        foreach (var batch in Batches)
        {
            using var rows = processor.Process(Uncopy(batch));
            count += rows.Rows;
        }

        return count;
    }

    /// <summary>Fails unless the segments cover the source without gap or overlap and add up to its end record.</summary>
    public void AssertTiles(long bytes, long lastLine)
    {
        var (offset, line, lines) = (0L, 1L, 0L);
        foreach (var batch in Batches)
        {
            foreach (var segment in batch.Segments)
            {
                Assert.Equal((offset, line), (segment.ByteOffset, segment.FirstLine));
                (offset, line, lines) = (offset + segment.ByteLength, segment.NextLine, lines + segment.Lines);
            }

            Assert.Equal(batch.Lines.Length, batch.Segments.Sum(s => s.PayloadLength));
        }

        Assert.Equal((bytes, lastLine), (offset, line - 1));
        var end = Assert.Single(Batches.SelectMany(b => b.Ends));
        Assert.Same(end, Batches[^1].Ends[0]);
        Assert.Equal((lines, lastLine, bytes), (end.Lines, end.LastLine, end.Bytes));
        Assert.Equal((lines, bytes), (_builder.TotalLines, _builder.TotalBytes));
    }

    public void Dispose() => _builder.Dispose();

    private static LineBatch Uncopy(CutBatch batch) => new()
    {
        Id = batch.Id,
        Pipeline = "p",
        Definition = "",
        Segments = batch.Segments,
        Rejects = batch.Rejects,
        Lines = Encoding.Latin1.GetBytes(batch.Lines),
    };

    private void Keep(LineBatch batch)
    {
        Batches.Add(new CutBatch(batch.Id, Encoding.Latin1.GetString(batch.Lines.Span), batch.Segments, batch.Rejects, batch.Ends));
        Assert.True(batch.Segments.Count <= 1);
        Assert.Equal(_source.Replayable, batch.Replayable);

        // Whoever still reads the batch's memory after this reads nonsense.
        MemoryMarshal.AsMemory(batch.Lines).Span.Fill((byte)'#');
        batch.Dispose();
    }
}
