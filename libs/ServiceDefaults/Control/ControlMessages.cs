namespace Ingest.ServiceDefaults.Control;

/// <summary>Batches that a writer has committed. Sent once, and again to whoever asks.</summary>
public sealed record BatchesCommitted
{
    public required string Pipeline { get; init; }

    public required IReadOnlyList<BatchCounts> Batches { get; init; }
}

/// <summary>What became of one batch's lines, source by source.</summary>
public sealed record BatchCounts
{
    public required Guid BatchId { get; init; }

    public required IReadOnlyList<SourceCounts> Sources { get; init; }
}

/// <summary>What became of one source's lines in a batch: <c>Lines = Written + Duplicate + Filtered + Rejected</c>.</summary>
public sealed record SourceCounts(Guid SourceId, long Lines, long Written, long Duplicate, long Filtered, long Rejected);

/// <summary>Asks the writers what became of batches; what the ledger does not know is not answered.</summary>
public sealed record BatchInquiry
{
    public required string Pipeline { get; init; }

    public required IReadOnlyList<Guid> BatchIds { get; init; }
}

/// <summary>A batch that no stage could deal with, and that nobody will commit unless somebody sends it back.</summary>
public sealed record BatchBuried
{
    public required string Pipeline { get; init; }

    public required Guid BatchId { get; init; }
}

/// <summary>Asks the processors which version of a pipeline's definition they work by.</summary>
public sealed record DefinitionInquiry
{
    public required string Pipeline { get; init; }
}

/// <summary>What a processor works by. Said when it starts, and to whoever asks.</summary>
public sealed record DefinitionsInUse
{
    public required IReadOnlyList<DefinitionInUse> Definitions { get; init; }
}

/// <summary>A pipeline and the version of its definition.</summary>
public sealed record DefinitionInUse(string Pipeline, string Version);
