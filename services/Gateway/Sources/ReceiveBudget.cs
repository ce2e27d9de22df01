using System.Numerics;
using Ingest.Gateway.Framing;
using Ingest.Pipelines.Definition;

namespace Ingest.Gateway.Sources;

/// <summary>
/// What the connections of one pipeline may hold of bytes that are received and not yet admitted to the publisher's
/// window. Each has <see cref="LineBatchBuilder.Floor"/> of its own, enough for lines that fit it however many others
/// stall. More takes a place among the batches, and still more one among the long lines: asked for in this order and
/// never while something of the other kind is waited for, so that the holders of the last always come to an end.
/// </summary>
/// <param name="pipeline">Whose lines they are.</param>
/// <param name="options">Sizes and the deadline.</param>
/// <param name="time">The clock.</param>
/// <param name="joins">Whether its batches are joined, and one of them is held besides.</param>
internal sealed class ReceiveBudget(PipelineDefinition pipeline, GatewayOptions options, TimeProvider time, bool joins = false)
{
    /// <summary>A buffer, and the batch that was cut from the one before it.</summary>
    public const int BytesPerBatch = 2 * LineBatchBuilder.CutBytes;

    /// <summary>What a long line holds besides: its buffer as the pool of arrays makes it, and half of it while it is copied.</summary>
    public static long BytesPerLongLine(PipelineDefinition pipeline)
    {
        var buffer = BitOperations.RoundUpToPowerOf2((uint)LineBatchBuilder.LongestBuffer(pipeline));
        return buffer + (buffer / 2);
    }

    public ReceivePool Batches { get; } =
        new(Places(options.ReceiveBytes, joins ? BytesPerBatch + LineBatchBuilder.CutBytes : BytesPerBatch), options.ProgressDeadline, time);

    public ReceivePool LongLines { get; } = new(Places(options.LongLineBytes, BytesPerLongLine(pipeline)), options.ProgressDeadline, time);

    /// <summary>One place at least, or the line it is for could never be received.</summary>
    private static int Places(long bytes, long each) => (int)Math.Clamp(bytes / each, 1, int.MaxValue);
}
