using System.Diagnostics.Metrics;
using Ingest.Messaging;

namespace Ingest.Gateway.Sources;

/// <summary>What this process has taken from its sources: <c>ingest_lines_received_total</c> and <c>ingest_received_bytes_total</c>.</summary>
internal static class IntakeMeter
{
    private static readonly Counter<long> Lines = IngestMetrics.Meter.CreateCounter<long>(
        "ingest.lines.received", "{line}", "Lines taken from sources, blank ones not counted.");

    private static readonly Counter<long> Bytes = IngestMetrics.Meter.CreateCounter<long>(
        "ingest.received", "By", "Bytes of those lines, after decompression.");

    public static void Count(LineBatch batch)
    {
        var tag = new KeyValuePair<string, object?>("pipeline", batch.Pipeline);
        foreach (var segment in batch.Segments)
        {
            Lines.Add(segment.Lines, tag);
            Bytes.Add(segment.ByteLength, tag);
        }
    }
}
