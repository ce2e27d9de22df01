using Ingest.Messaging;
using Ingest.Pipelines.Definition;

namespace Ingest.Writer;

/// <summary>Where the writer gets its stores from, one for each pipeline.</summary>
internal interface IRowStores
{
    IRowStore Create(PipelineDefinition pipeline);
}

/// <summary>One pipeline's table with its ledger, in one database.</summary>
internal interface IRowStore : IAsyncDisposable
{
    /// <summary>Whether several transactions may be under way at a time, which do not wait for one another.</summary>
    bool WritesInParallel => false;

    /// <summary>Creates what is missing and checks that the table is what the definition says.</summary>
    /// <exception cref="StoreAwayException">The database is away or busy; later it may work.</exception>
    /// <exception cref="StoreRefusedException">Somebody must change something.</exception>
    Task PrepareAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Writes batches with different ids in one transaction, in the order given; those that the ledger knows already
    /// change nothing.
    /// After an exception it is not known whether they are written, and the same batches may be given again.
    /// </summary>
    /// <exception cref="TransactionsCollidedException">Only where another of this store's transactions was under way.</exception>
    /// <exception cref="BatchesUnfitException">Batches of an older definition do not fit the table any more.</exception>
    /// <exception cref="StoreAwayException">The database is away or busy; later it may work.</exception>
    /// <exception cref="StoreRefusedException">Somebody must change something.</exception>
    Task<IReadOnlyList<CommittedBatch>> CommitAsync(IReadOnlyList<RowBatch> batches, CancellationToken cancellationToken);

    /// <summary>What the ledger says of these batches; those that it does not know are left out.</summary>
    /// <exception cref="StoreAwayException">The database is away or busy; later it may work.</exception>
    /// <exception cref="StoreRefusedException">Somebody must change something.</exception>
    Task<IReadOnlyList<CommittedBatch>> FindAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken);

    /// <summary>The segments of a source that are written, by their place in it.</summary>
    /// <exception cref="StoreAwayException">The database is away or busy; later it may work.</exception>
    /// <exception cref="StoreRefusedException">Somebody must change something.</exception>
    Task<IReadOnlyList<LedgerSegment>> ReadSourceAsync(Guid sourceId, CancellationToken cancellationToken);

    /// <summary>Of these places, those where a segment ends that is written.</summary>
    /// <exception cref="StoreAwayException">The database is away or busy; later it may work.</exception>
    /// <exception cref="StoreRefusedException">Somebody must change something.</exception>
    Task<IReadOnlyList<SourcePlace>> FindEndsAsync(IReadOnlyList<SourcePlace> places, CancellationToken cancellationToken);

    /// <summary>The definitions under which batches of the pipeline are written.</summary>
    /// <exception cref="StoreAwayException">The database is away or busy; later it may work.</exception>
    /// <exception cref="StoreRefusedException">Somebody must change something.</exception>
    Task<IReadOnlyList<string>> ReadDefinitionsAsync(CancellationToken cancellationToken);
}

/// <summary>The database cannot be used now, which says nothing about the rows.</summary>
internal sealed class StoreAwayException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// Two of a store's transactions were in each other's way: nothing of this one is written, which says nothing about its
/// rows, and it may pass with no other beside it.
/// </summary>
internal sealed class TransactionsCollidedException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// Batches of an older definition whose rows cannot fit the table any more; nothing was written, and the others of the
/// transaction may be given again without them.
/// </summary>
internal sealed class BatchesUnfitException(string message, IReadOnlyList<Guid> batches) : Exception(message)
{
    public IReadOnlyList<Guid> Batches => batches;
}

/// <summary>The database refuses, and will until somebody changes something: what, where, what to do.</summary>
internal sealed class StoreRefusedException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Hears of every batch that is durably written, after the fact.</summary>
public interface ICommitListener
{
    void Committed(string pipeline, CommittedBatch batch);
}
