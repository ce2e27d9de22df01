using System.Runtime.CompilerServices;
using Ingest.Messaging;
using Ingest.Processor;
using Ingest.ServiceDefaults;
using Ingest.SimulationTests.Scheduling;
using Ingest.Writer;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Ingest.SimulationTests.Scenarios;

/// <summary>The stages as their hosts would make them, but on the simulator's thread from their first step.</summary>
internal static class Stages
{
    public static Task RunProcessorAsync(
        World world, SimulatedProcess process, PipelineCatalog catalog, IBatchQueues queues, Knobs knobs, CancellationToken stopping) =>
        Execute(
            new ProcessorWorker(
                catalog,
                queues,
                new StageHealth(),
                new Isolation(),
                Options.Create(knobs.Processor),
                Options.Create(knobs.Publisher),
                process.Time,
                world.Simulator.CreateRandom($"processor of {process}"),
                NullLogger<ProcessorWorker>.Instance),
            stopping);

    public static Task RunWriterAsync(
        World world, SimulatedProcess process, PipelineCatalog catalog, IBatchQueues queues, IRowStores stores, Knobs knobs, CancellationToken stopping) =>
        Execute(
            new WriterWorker(
                catalog,
                queues,
                stores,
                [world.Notices.Listen(process)],
                new StageHealth(),
                new Isolation(),
                Options.Create(knobs.Writer),
                process.Time,
                world.Simulator.CreateRandom($"writer of {process}"),
                new OrderWatch(world)),
            stopping);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "ExecuteAsync")]
    private static extern Task Execute(ProcessorWorker worker, CancellationToken stopping);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "ExecuteAsync")]
    private static extern Task Execute(WriterWorker worker, CancellationToken stopping);
}
