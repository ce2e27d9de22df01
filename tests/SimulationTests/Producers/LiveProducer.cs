using Ingest.Gateway.Receipts;
using Ingest.Pipelines.Definition;
using Ingest.SimulationTests.Assertions;
using Ingest.SimulationTests.Scenarios;
using Ingest.SimulationTests.Scheduling;

namespace Ingest.SimulationTests.Producers;

/// <summary>
/// Somebody with lines and a connection. When the receipt does not come it sends everything again, but only where a key
/// makes that harmless.
/// </summary>
internal sealed class LiveProducer(
    World world, Cluster cluster, string name, PipelineDefinition pipeline, List<ProducedLine> lines, Manner manner, Random chances)
{
    private const int WindowBytes = 16 * 1024;

    /// <summary>More than a batch: where there is so much to send, it may be there all at once.</summary>
    private const int MuchBytes = 300 * 1024;
    private static readonly TimeSpan BeforeNextAttempt = TimeSpan.FromSeconds(2);

    private int _attempts;

    public PipelineDefinition Pipeline => pipeline;

    /// <summary>It has its answer, or does not expect one any more.</summary>
    public bool IsDone { get; private set; }

    public void Start(TimeSpan delay) => world.After(delay, () => Connect(lines));

    private void Connect(IReadOnlyList<ProducedLine> left)
    {
        if (cluster.PickGateway(chances) is not { } gateway)
        {
            world.After(BeforeNextAttempt, () => Connect(left));
            return;
        }

        var text = ProducedText.Of($"{name}.{_attempts++}", left, terminated: chances.Next(3) > 0);
        // Its manners show once, so that a producer that tries again comes to an end.
        var cut = _attempts == 1 && manner is (Manner.Reset or Manner.EndInsideLine) ? chances.Next(text.Bytes.Length + 1) : text.Bytes.Length;
        if (manner == Manner.EndInsideLine)
            text = text.Truncate(cut);
        var source = new ProducedSource(text.Name, pipeline, replayable: false) { Texts = { text } };
        cluster.Sources.Add(source);
        var connection = new SimulatedConnection(world, source);
        connection.Answered += receipt => Heard(connection, receipt, text);
        connection.Ended += orderly => Ended(source, text, left, orderly);
        gateway.Accept(connection);
        SendNext(connection, text, 0, cut);
    }

    private void SendNext(SimulatedConnection connection, ProducedText text, int sent, int cut)
    {
        if (sent >= cut)
        {
            if (manner == Manner.Reset && _attempts == 1)
            {
                connection.Break();
                IsDone = true;
            }
            else
            {
                connection.Input.End();
            }

            return;
        }

        if (connection.Input.Unread >= WindowBytes)
        {
            connection.Input.Drained = () =>
            {
                connection.Input.Drained = null;
                world.After(world.Faults.Delay(chances), () => SendNext(connection, text, sent, cut));
            };
            return;
        }

        var most = cut - sent > MuchBytes && chances.Next(3) == 0 ? cut : WindowBytes;
        var count = Math.Min(cut - sent, chances.Next(6) == 0 ? most : 1 + chances.Next(400));
        connection.Input.Arrive(text.Bytes.AsMemory(sent, count));
        var stalls = manner == Manner.Stall && !world.Faults.IsCalm && chances.Next(8) == 0;
        world.After(
            stalls ? TimeSpan.FromSeconds(chances.Next(90)) : world.Faults.Delay(chances),
            () => SendNext(connection, text, sent + count, cut));
    }

    private void Heard(SimulatedConnection connection, Receipt receipt, ProducedText text)
    {
        world.Simulator.Note($"{text.Name} of {text.Count} lines is told: {receipt.State}, {receipt.Lines} lines {receipt.Error}");
        connection.Source.WasTold = true;
        ReceiptWatch.Check(world, cluster, connection.Source, text, receipt);
        if (receipt.State == ReceiptState.Queued && receipt.Error is not null)
            world.Simulator.Met.Add(Encounter.CommitNotHeardOf);
        if (receipt.State != ReceiptState.Interrupted)
        {
            connection.Source.Acknowledged.Add(text);
            return;
        }

        world.Simulator.Met.Add(Encounter.Interrupted);
        connection.Source.InterruptedAfter = receipt.Lines;
    }

    private void Ended(ProducedSource source, ProducedText text, IReadOnlyList<ProducedLine> left, bool orderly)
    {
        world.Simulator.Note($"{text.Name} ends {(orderly ? "in order" : "with a reset")}");
        if (IsDone)
            return;
        if (orderly && pipeline.Acknowledge == Acknowledge.None)
        {
            ReceiptWatch.CheckLines(world, cluster, source, text.Count, committed: false);
            source.Acknowledged.Add(text);
        }

        if (source.Acknowledged.Contains(text))
        {
            IsDone = true;
            return;
        }

        if (orderly && !source.WasTold)
            world.Violations.Add(7, $"{text.Name} was ended in order without a receipt");
        var acknowledged = source.AcknowledgedLines(text).Count();
        var harmless = pipeline.Key.Count > 0 || orderly;
        if (!harmless)
        {
            IsDone = true;
            return;
        }

        // After an interruption in order what follows the named lines was not taken.
        var rest = orderly ? text.Lines.Skip(acknowledged).ToList() : left;
        world.After(BeforeNextAttempt, () => Connect(rest));
    }
}

/// <summary>What a producer does that others do not.</summary>
internal enum Manner
{
    None,
    Reset,
    EndInsideLine,
    Stall,
}
