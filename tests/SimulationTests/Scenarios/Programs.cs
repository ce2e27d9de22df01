using Ingest.Messaging;
using Ingest.ServiceDefaults;
using Ingest.SimulationTests.Scheduling;
using Ingest.SimulationTests.Store;
using Ingest.Writer;

namespace Ingest.SimulationTests.Scenarios;

/// <summary>The gateway service.</summary>
internal sealed class GatewayProgram(World world, SimulatedProcess process, PipelineCatalog catalog, IBatchQueues queues, Knobs knobs) : INodeProgram
{
    public SimulatedGateway Gateway { get; } = new(world, process, catalog.Pipelines, queues, null, knobs);

    public async Task RunAsync(CancellationToken stopping)
    {
        await Stopped.WaitAsync(stopping);
        await Gateway.StopAsync();
    }
}

/// <summary>The processor service.</summary>
internal sealed class ProcessorProgram(World world, SimulatedProcess process, PipelineCatalog catalog, IBatchQueues queues, Knobs knobs) : INodeProgram
{
    public SimulatedGateway? Gateway => null;

    public Task RunAsync(CancellationToken stopping)
    {
        world.Notices.Join(process, catalog);
        return Stages.RunProcessorAsync(world, process, catalog, queues, knobs, stopping);
    }
}

/// <summary>The writer service.</summary>
internal sealed class WriterProgram(World world, SimulatedProcess process, PipelineCatalog catalog, IBatchQueues queues, Knobs knobs) : INodeProgram
{
    public SimulatedGateway? Gateway => null;

    public Task RunAsync(CancellationToken stopping) =>
        Stages.RunWriterAsync(world, process, catalog, queues, world.Mutation.Change(world, new SimulatedStores(world, process, knobs)), knobs, stopping);
}

/// <summary>All three stages in one process; those that were added last are stopped first.</summary>
internal sealed class OneProcessProgram : INodeProgram
{
    private readonly World _world;
    private readonly SimulatedProcess _process;
    private readonly PipelineCatalog _catalog;
    private readonly IBatchQueues _queues;
    private readonly IRowStores _stores;
    private readonly Knobs _knobs;

    public OneProcessProgram(World world, SimulatedProcess process, PipelineCatalog catalog, IBatchQueues queues, Knobs knobs)
    {
        (_world, _process, _catalog, _queues, _knobs) = (world, process, catalog, queues, knobs);
        _stores = world.Mutation.Change(world, new SimulatedStores(world, process, knobs));
        Gateway = new SimulatedGateway(world, process, catalog.Pipelines, queues, _stores, knobs);
    }

    public SimulatedGateway Gateway { get; }

    public async Task RunAsync(CancellationToken stopping)
    {
        using var stopProcessor = new CancellationTokenSource();
        using var stopWriter = new CancellationTokenSource();
        var writing = Stages.RunWriterAsync(_world, _process, _catalog, _queues, _stores, _knobs, stopWriter.Token);
        var processing = Stages.RunProcessorAsync(_world, _process, _catalog, _queues, _knobs, stopProcessor.Token);
        var died = await Task.WhenAny(Stopped.WaitAsync(stopping), writing, processing);
        await died;
        await Gateway.StopAsync();
        stopProcessor.Cancel();
        await processing;
        stopWriter.Cancel();
        await writing;
    }
}

internal static class Stopped
{
    public static async Task WaitAsync(CancellationToken stopping)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = stopping.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), stopped);
        await stopped.Task;
    }
}
