using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Ingest.Messaging;
using Ingest.Pipelines.Compiled;
using Ingest.Pipelines.Definition;

namespace Ingest.Gateway.Filtering;

/// <summary>
/// A pipeline's filter where its lines come in, so that those which certainly fail it never cross the broker. It runs
/// only while every processor is known to work by the same definition: what a processor would judge otherwise must
/// reach it. A line that is dropped here is judged by the definition of its time, as one is that a processor drops just
/// before the definition changes.
/// </summary>
internal sealed class PushedFilter(PipelineDefinition pipeline, ProcessorVersions processors)
{
    private static readonly Counter<long> FilteredLines = IngestMetrics.Meter.CreateCounter<long>(
        "ingest.lines.filtered", "{line}", "Lines that the filter dropped before they were queued.");

    private readonly CompiledFilter _compiled = new(pipeline);

    /// <summary>One for each thread that filters at a time; they are too large for each connection to have its own.</summary>
    private readonly ConcurrentBag<LineFilter> _idle = [];
    private readonly KeyValuePair<string, object?> _tag = new("pipeline", pipeline.Name);

    /// <summary>The filter of a pipeline, or null where nothing is to be pushed down: in one process it saves nothing.</summary>
    public static PushedFilter? Create(PipelineDefinition pipeline, IBatchQueues queues, ProcessorVersions processors) =>
        pipeline is { PushDown: PushDown.Auto, Where: not null } && !queues.SendsAwaitConsumers ? new(pipeline, processors) : null;

    /// <summary>Lines are about to come: what is not known of the processors is asked for.</summary>
    public void Prepare() => IsInForce();

    /// <inheritdoc cref="LineFilter.Compact"/>
    public int Compact(Span<byte> lines, out int filtered)
    {
        filtered = 0;
        if (!IsInForce())
            return lines.Length;
        if (!_idle.TryTake(out var filter))
            filter = new LineFilter(_compiled);
        var left = filter.Compact(lines, out filtered);
        _idle.Add(filter);
        FilteredLines.Add(filtered, _tag);
        return left;
    }

    private bool IsInForce() => processors.AgreeOn(pipeline.Name, pipeline.Version);
}
