namespace Ingest.Writer;

/// <summary>A transaction under way.</summary>
/// <param name="Batches">What it writes.</param>
/// <param name="Done">Its end: what it committed, or why it failed.</param>
internal sealed record WriterTransaction(IReadOnlyList<HeldBatch> Batches, Task<IReadOnlyList<CommittedBatch>> Done)
{
    public bool IsAlone { get; } = Batches[0].IsAlone;

    /// <summary>Whether it holds as much as a transaction may.</summary>
    public required bool IsFull { get; init; }

    /// <summary>A time provider's timestamp.</summary>
    public required long Began { get; init; }
}
