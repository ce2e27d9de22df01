namespace Ingest.SimulationTests.Scheduling;

/// <summary>What a run and the first of its pipelines are like, whatever befalls it.</summary>
internal enum Setting
{
    OneProcess,
    SeveralProcesses,
    Keyed,
    WithoutKey,
    AcknowledgedNever,
    AcknowledgedQueued,
    AcknowledgedCommitted,
    LargeLines,
    SmallLines,
}
