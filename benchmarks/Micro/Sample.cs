using System.Buffers;
using Ingest.Gateway.Framing;
using Ingest.Messaging;
using Ingest.Pipelines.Compiled;
using Ingest.Pipelines.Definition;
using Ingest.Processor;
using Ingest.TestSupport;

namespace Ingest.Micro;

/// <summary>A batch of comments, and what is made of it.</summary>
internal static class Sample
{
    private const string Columns =
        """
        table: comments
        key: id
        columns:
          id: text
          author: text
          body: { type: text, clean: [trim], null_if: ["[removed]"], max_length: 10000 }
          score: integer
          created_at: { from: created_utc, type: timestamptz, unit: seconds, required: true }
          subreddit: text
          link_id: text
          parent_id: text
        """;

    /// <summary>Whole lines, as many as a batch takes.</summary>
    public static byte[] Lines { get; } = Generate();

    public static PipelineDefinition Filtered { get; } = Define($"where: subreddit == \"elixir\" && author != \"[deleted]\"\n{Columns}");

    public static PipelineDefinition AllRows { get; } = Define(Columns);

    public static LineBatch Batch(PipelineDefinition pipeline)
    {
        using var builder = new LineBatchBuilder(Source.Live("sample", pipeline), TimeProvider.System);
        Fill(builder);
        builder.EndInput();
        return builder.Complete().Single();
    }

    /// <summary>What a processor makes of so many lines, batch by batch.</summary>
    public static IReadOnlyList<RowBatch> Rows(int lines)
    {
        var processor = new BatchProcessor(new CompiledPipeline(AllRows));
        var rows = new List<RowBatch>();
        using var builder = new LineBatchBuilder(Source.Live("sample", AllRows), TimeProvider.System);
        using var comments = new CommentsGenerator(lines).OpenRead();
        while (comments.Read(builder.GetMemory().Span) is > 0 and var count)
        {
            builder.Advance(count);
            while (builder.IsFull)
                rows.Add(processor.Process(builder.Take()));
        }

        builder.EndInput();
        while (builder.IsFull)
            rows.Add(processor.Process(builder.Take()));
        rows.AddRange(builder.Complete().Select(processor.Process));
        return rows;
    }

    /// <summary>The lines as a connection would bring them, less than a batch at a time.</summary>
    public static void Fill(LineBatchBuilder builder)
    {
        for (var offset = 0; offset < Lines.Length;)
        {
            var memory = builder.GetMemory().Span;
            var count = Math.Min(memory.Length, Lines.Length - offset);
            Lines.AsSpan(offset, count).CopyTo(memory);
            builder.Advance(count);
            offset += count;
        }
    }

    private static byte[] Generate()
    {
        var comments = new CommentsGenerator(1000);
        var (all, line) = (new ArrayBufferWriter<byte>(), new ArrayBufferWriter<byte>());
        for (var i = 0; ; i++)
        {
            line.ResetWrittenCount();
            comments.Write(i, line);
            if (all.WrittenCount + line.WrittenCount > LineBatchBuilder.CutBytes)
                return all.WrittenSpan.ToArray();
            all.Write(line.WrittenSpan);
        }
    }

    private static PipelineDefinition Define(string body) =>
        DefinitionLoader.Parse("sample.yaml", $"pipeline: sample\nlisten: 7070\n{body}\n") is { Definition: { } definition }
            ? definition
            : throw new InvalidOperationException("The sample's definition is wrong.");
}
