namespace Ingest.Writer.Audit;

/// <summary>A pipeline's ledger, read and checked.</summary>
/// <param name="Sources">How many sources there are.</param>
/// <param name="Unbalanced">Those that are not balanced, at most <see cref="MostListed"/>.</param>
public sealed record PipelineAudit(
    LedgerTotals Totals,
    IReadOnlyDictionary<string, long> Rejects,
    long Sources,
    long Incomplete,
    long Gaps,
    IReadOnlyList<SourceAudit> Unbalanced)
{
    public const int MostListed = 100;

    internal static async Task<PipelineAudit> ReadAsync(LedgerAudit ledger, CancellationToken cancellationToken)
    {
        var (totals, rejects) = (await ledger.ReadTotalsAsync(cancellationToken), await ledger.ReadRejectsAsync(cancellationToken));
        var unbalanced = new List<SourceAudit>();
        var (sources, incomplete, gaps) = (0L, 0L, 0L);
        await foreach (var source in ledger.ReadSourcesAsync(cancellationToken))
        {
            sources++;
            if (source.State == SourceState.Balanced)
                continue;
            if (source.State == SourceState.Incomplete)
                incomplete++;
            else
                gaps++;
            if (unbalanced.Count < MostListed)
                unbalanced.Add(source);
        }

        return new PipelineAudit(totals, rejects, sources, incomplete, gaps, unbalanced);
    }
}
