using Ingest.Gateway.Receipts;
using Ingest.Messaging;
using Ingest.SimulationTests.Producers;
using Ingest.SimulationTests.Scenarios;

namespace Ingest.SimulationTests.Assertions;

/// <summary>No receipt before what it says is so (assertion 7), looked at in the moment in which the producer hears it.</summary>
internal static class ReceiptWatch
{
    public static void Check(World world, Cluster cluster, ProducedSource source, ProducedText text, Receipt receipt)
    {
        if (receipt.State != ReceiptState.Interrupted && (receipt.Lines != text.Count || receipt.Bytes != text.Bytes.Length))
            world.Violations.Add(7, $"{text.Name} has {text.Count} lines, {text.Bytes.Length} bytes, and its receipt says {receipt.Lines}, {receipt.Bytes}");
        if (receipt.State == ReceiptState.Committed && !CountsAreRight(text, receipt))
            world.Violations.Add(4, $"{text.Name} is told what its lines are not: {receipt}");
        CheckLines(world, cluster, source, receipt.Lines, committed: receipt.State == ReceiptState.Committed);
    }

    private static bool CountsAreRight(ProducedText text, Receipt receipt) =>
        receipt.Filtered == text.Lines.Count(l => l.Kind == LineKind.Filtered)
        && receipt.Rejected == text.Lines.Count(l => l.Kind.IsReject())
        && receipt.Written + receipt.Duplicate == text.Lines.Count(l => l.Kind == LineKind.Row);

    public static void CheckLines(World world, Cluster cluster, ProducedSource source, long lines, bool committed)
    {
        var safe = committed || cluster.IsOneProcess
            ? world.Database.Table(source.Pipeline.Name).Segments.Where(s => s.SourceId == source.Id).Sum(s => s.Lines)
            : world.Broker.Queue<LineBatch>(source.Pipeline.Name).LinesOf(source.Id);
        if (safe < lines)
            world.Violations.Add(7, $"{source.Name} is told that {lines} lines are safe, and {safe} are");
    }
}
