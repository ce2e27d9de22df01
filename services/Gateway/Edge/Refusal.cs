using Ingest.Gateway.Receipts;

namespace Ingest.Gateway.Edge;

/// <summary>
/// What a connection without a right token is told before it is reset: one line like a receipt, whose state is
/// <c>refused</c>. It is the same for every connection, and says nothing of the tokens.
/// </summary>
internal static class Refusal
{
    /// <summary>Where a system drops what it has not read when a reset comes, that may not come at once.</summary>
    private static readonly TimeSpan BeforeReset = TimeSpan.FromSeconds(1);

    /// <summary>Who goes on sending so much has had the time to read.</summary>
    private const int MostDiscardedBytes = 256 * 1024;
    private const int DiscardBytes = 4096;

    /// <summary>Tells it, and waits for the other end to close, but not for long; it may be gone, or not read.</summary>
    public static async Task TellAsync(Stream stream, string name, TimeProvider time, CancellationToken cancellationToken)
    {
        var refusal = new Receipt
        {
            Source = name,
            Lines = 0,
            Bytes = 0,
            Batches = 0,
            Rejected = 0,
            State = ReceiptState.Refused,
            Error = "the connection does not begin with 'Bearer' and a token that may send lines",
        };
        using var late = new CancellationTokenSource(BeforeReset, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            await stream.WriteAsync(refusal.ToLine(), either.Token);
            var discarded = new byte[DiscardBytes];
            for (var left = MostDiscardedBytes; left > 0;)
            {
                var count = await stream.ReadAsync(discarded, either.Token);
                left = count == 0 ? 0 : left - count;
            }
        }
        catch (Exception over) when (over is IOException or OperationCanceledException)
        {
            // It was told, or does not want to hear.
        }
    }
}
