using Ingest.TestSupport;

namespace Ingest.EndToEnd.Measuring;

/// <summary>What long-lived processes use between two moments.</summary>
internal sealed class CpuMeter
{
    private readonly List<(string Name, Func<IReadOnlyList<int>> Processes, double Before)> _watched = [];

    public CpuMeter Watch(string name, Func<IReadOnlyList<int>> processes)
    {
        foreach (var id in processes())
            PeakMemory.Forget(id);
        _watched.Add((name, processes, CpuTime.OfProcesses(processes())));
        return this;
    }

    public CpuMeter Watch(string name, ServiceProcess process) => Watch(name, () => [process.Id]);

    public CpuMeter Watch(PostgresServer postgres) => Watch("postgres", () => postgres.ProcessIds);

    public CpuMeter Watch(RabbitMqServer rabbitMq) => Watch("rabbitmq", () => rabbitMq.ProcessIds);

    /// <summary>
    /// What was used since each was first watched. The peak of a server of many processes, which share memory, is that
    /// of the largest.
    /// </summary>
    public IReadOnlyList<ProcessCost> Read() =>
    [
        .. _watched.Select(w => (w.Name, w.Before, Ids: w.Processes())).Select(w => new ProcessCost(
            w.Name, CpuTime.OfProcesses(w.Ids) - w.Before, w.Ids.Select(PeakMemory.Of).DefaultIfEmpty().Max())),
    ];
}
