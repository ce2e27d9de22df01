using Ingest.Messaging;

namespace Ingest.Writer;

/// <summary>A receiver whose next delivery can be waited for beside other things.</summary>
/// <param name="receiver">Belongs to it.</param>
/// <param name="stopping">Ends the wait.</param>
internal sealed class Arrivals(IBatchReceiver<RowBatch> receiver, CancellationToken stopping) : IAsyncDisposable
{
    private readonly CancellationTokenSource _ending = CancellationTokenSource.CreateLinkedTokenSource(stopping);
    private Task<Delivery<RowBatch>>? _next;

    /// <summary>Whether nothing has come, and nothing more comes before something that is held is settled.</summary>
    public bool IsFull => _next is not { IsCompleted: true } && receiver.IsFull;

    /// <summary>Completes when there is a delivery to take, or the wait ends.</summary>
    public Task Next => _next ??= receiver.ReceiveAsync(_ending.Token).AsTask();

    /// <summary>What has come, in the order of delivery: nothing overtakes the one that is waited for.</summary>
    /// <returns>Null when nothing has come.</returns>
    public async ValueTask<Delivery<RowBatch>?> TryTakeAsync()
    {
        if (_next is null)
            return receiver.TryReceive(out var delivery) ? delivery : null;
        if (!_next.IsCompleted)
            return null;
        var arrived = await _next;
        _next = null;
        return arrived;
    }

    /// <summary>Takes no further delivery: what goes back from here on goes to others.</summary>
    /// <returns>The one that came just before, or null.</returns>
    public async Task<Delivery<RowBatch>?> EndAsync()
    {
        _ending.Cancel();
        await receiver.StopAsync();
        if (_next is null)
            return null;
        try
        {
            return await _next;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await receiver.DisposeAsync();
        _ending.Dispose();
    }
}
