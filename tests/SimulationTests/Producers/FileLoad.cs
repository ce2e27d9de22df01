using Ingest.Gateway.Sources;
using Ingest.SimulationTests.Scheduling;

namespace Ingest.SimulationTests.Producers;

/// <summary>One load of a file, which ends with its process if not before.</summary>
internal sealed class FileLoad(World world, ProducedSource source, ProducedText text, Random chances)
{
    private bool _over;

    /// <summary>How it ended; null when it did not come to an end.</summary>
    public event Action<SourceOutcome?>? Ended;

    public ProducedSource Source => source;

    public ProducedText Text => text;

    public SimulatedInput Input { get; } = new();

    public void Taken(SimulatedProcess process)
    {
        process.Died += () => End(null);
        if (chances.Next(2) == 0)
        {
            Input.Arrive(text.Bytes);
            Input.End();
        }
        else
        {
            ReadNext(0);
        }
    }

    public void End(SourceOutcome? outcome)
    {
        if (_over)
            return;
        _over = true;
        world.After(world.Faults.Latency, () => Ended?.Invoke(outcome));
    }

    private void ReadNext(int read)
    {
        if (read >= text.Bytes.Length)
        {
            Input.End();
            return;
        }

        var count = Math.Min(text.Bytes.Length - read, 1 + chances.Next(text.Bytes.Length));
        Input.Arrive(text.Bytes.AsMemory(read, count));
        world.After(world.Faults.Delay(chances), () => ReadNext(read + count));
    }
}
