using System.Threading.Channels;
using Ingest.Messaging;

namespace Ingest.UnitTests.Messaging;

/// <summary>Hands every attempt to the test, which decides what becomes of it.</summary>
internal sealed class ScriptedSender<T> : IBatchSender<T> where T : class, IBatch<T>
{
    private readonly Channel<Attempt<T>> _attempts = Channel.CreateUnbounded<Attempt<T>>();

    public bool IsDisposed { get; private set; }

    /// <summary>Attempts that the test has not taken.</summary>
    public int Waiting => _attempts.Reader.Count;

    public Task SendAsync(T batch, CancellationToken cancellationToken)
    {
        var attempt = new Attempt<T>(batch);
        cancellationToken.UnsafeRegister(token => attempt.Outcome.TrySetCanceled((CancellationToken)token!), cancellationToken);
        _attempts.Writer.TryWrite(attempt);
        return attempt.Outcome.Task;
    }

    public Task<Attempt<T>> NextAsync() => _attempts.Reader.ReadAsync().AsTask().SoonAsync();

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return ValueTask.CompletedTask;
    }
}

internal sealed class Attempt<T>(T batch)
{
    public T Batch => batch;

    /// <summary>Whoever waits for it goes on before the call that decides it returns.</summary>
    public TaskCompletionSource Outcome { get; } = new();

    public void Confirm() => Outcome.SetResult();

    public void Refuse() => Outcome.SetException(new SendFailedException("refused"));

    public void Break(Exception failure) => Outcome.SetException(failure);
}
