using System.Runtime.CompilerServices;
using Ingest.Pipelines.Compiled;
using Ingest.Pipelines.Definition;

namespace Ingest.Gateway.Framing;

/// <summary>How many lines of a pipeline may become rows of one batch. Part of how ids of replayable sources are made, hence no option.</summary>
internal static class LinesPerBatch
{
    private const int MostLines = 16_384;
    private const int MostCells = 1_000_000;

    /// <summary>What rows may take of which no value is in the lines: the processor refuses more than 13 MiB of rows in a batch.</summary>
    private const int MostBytesOfNothing = 8 * 1024 * 1024;

    /// <summary>Each connection and each shared batch asks.</summary>
    private static readonly ConditionalWeakTable<PipelineDefinition, object> Known = [];

    public static int Of(PipelineDefinition pipeline) => (int)Known.GetValue(pipeline, static p => Count(p));

    private static int Count(PipelineDefinition pipeline)
    {
        var byCells = MostCells / Math.Max(1, pipeline.Columns.Count);
        var byBytes = MostBytesOfNothing / CompiledPipeline.BytesOfRowOfNothing(pipeline);
        return (int)Math.Clamp(byBytes, 1, Math.Clamp(byCells, 1, MostLines));
    }
}
