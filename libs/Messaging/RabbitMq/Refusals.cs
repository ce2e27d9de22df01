using System.Collections.Concurrent;

namespace Ingest.Messaging.RabbitMq;

/// <summary>Which queues would not take what this process sent, and have taken nothing of it since.</summary>
internal sealed class Refusals(TimeProvider time)
{
    /// <summary>Whoever has something to send tries every few seconds, so an older refusal only says that nobody tries.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _last = new();

    public void Note(string queue) => _last[queue] = time.GetUtcNow();

    public void Forget(string queue) => _last.TryRemove(queue, out _);

    public bool IsRecent(string queue) => _last.TryGetValue(queue, out var last) && time.GetUtcNow() - last < Memory;
}
