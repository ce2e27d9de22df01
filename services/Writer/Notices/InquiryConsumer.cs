using Ingest.ServiceDefaults.Control;

namespace Ingest.Writer.Notices;

/// <summary>Answers a gateway that asks what became of batches, from the ledger.</summary>
internal sealed class InquiryConsumer(LedgerNotices ledger) : IControlConsumer<BatchInquiry>
{
    public Task ConsumeAsync(BatchInquiry inquiry, CancellationToken cancellationToken) =>
        ledger.TellAsync(inquiry.Pipeline, inquiry.BatchIds, cancellationToken);
}
