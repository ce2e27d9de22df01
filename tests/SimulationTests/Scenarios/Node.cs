using Ingest.SimulationTests.Scheduling;

namespace Ingest.SimulationTests.Scenarios;

/// <summary>What a process runs.</summary>
internal interface INodeProgram
{
    /// <summary>Where producers reach it, or null when they do not.</summary>
    SimulatedGateway? Gateway { get; }

    /// <summary>Its life; ends some time after it is asked to stop.</summary>
    Task RunAsync(CancellationToken stopping);
}

/// <summary>A place where a program runs, and is started again whenever it ended.</summary>
internal sealed class Node(World world, string name, Func<SimulatedProcess, INodeProgram> boot)
{
    private readonly Random _chances = world.Simulator.CreateRandom($"node {name}");
    private CancellationTokenSource _stopping = new();
    private INodeProgram? _program;
    private int _starts;

    public string Name => name;

    public SimulatedProcess? Process { get; private set; }

    /// <summary>Null while nobody listens.</summary>
    public SimulatedGateway? Gateway => Process is { IsDead: false } && !_stopping.IsCancellationRequested ? _program?.Gateway : null;

    public void Start()
    {
        var process = Process = world.CreateProcess($"{name}.{_starts++}");
        _program = null;
        var stopping = _stopping = new CancellationTokenSource();
        process.Died += () => world.After(TimeSpan.FromSeconds(0.2 + (5 * _chances.NextDouble())), Start);
        process.Start(() =>
        {
            _program = boot(process);
            Watch(process, _program.RunAsync(stopping.Token), stopping.Token);
        });
    }

    /// <summary>Asks it to end in order, as a roll-out does.</summary>
    public void Drain()
    {
        var stopping = _stopping;
        if (Process is { IsDead: false } process)
            process.Start(stopping.Cancel);
    }

    /// <summary>A host ends with its stages, whatever ended them; only a request to stop may.</summary>
    private async void Watch(SimulatedProcess process, Task running, CancellationToken stopping)
    {
        try
        {
            await running;
            if (!stopping.IsCancellationRequested)
                world.Violations.Add(0, $"{process} ended by itself");
        }
        catch (Exception failure)
        {
            world.Violations.Add(0, $"{process} died of {failure}");
        }

        process.Crash();
    }
}
