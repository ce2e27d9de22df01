namespace Ingest.TestSupport;

/// <summary>The lines that a process printed, the newest of them when there are very many.</summary>
public sealed class ProcessOutput
{
    private const int MaximumLines = 20_000;
    private const int ShownLines = 100;

    private readonly Lock _lock = new();
    private readonly Queue<(bool IsError, string Text)> _lines = new();
    private TaskCompletionSource _changed = NewSignal();
    private long _dropped;
    private int _openEnds = 2;

    /// <summary>Lines of the standard output.</summary>
    public IReadOnlyList<string> Lines => Select(isError: false);

    /// <summary>Lines of the standard error output.</summary>
    public IReadOnlyList<string> ErrorLines => Select(isError: true);

    /// <summary>The last lines of both, for a failure's message.</summary>
    public override string ToString()
    {
        lock (_lock)
            return string.Join('\n', _lines.TakeLast(ShownLines).Select(line => line.Text));
    }

    /// <param name="isError">Which of the two outputs.</param>
    /// <param name="text">Null at its end.</param>
    internal void Add(bool isError, string? text)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            if (text is null)
                _openEnds--;
            else
                _lines.Enqueue((isError, text));
            if (_lines.Count > MaximumLines)
            {
                _lines.Dequeue();
                _dropped++;
            }
            (changed, _changed) = (_changed, NewSignal());
        }
        changed.SetResult();
    }

    /// <summary>The first line, of those there are and those that come, for which the predicate holds; null when no more come.</summary>
    internal async Task<string?> FindAsync(Predicate<string> predicate, CancellationToken cancellationToken)
    {
        long seen = 0;
        while (true)
        {
            string[] lines;
            Task changed;
            bool ended;
            lock (_lock)
            {
                lines = [.. _lines.Skip((int)Math.Max(0, seen - _dropped)).Select(line => line.Text)];
                seen = _dropped + _lines.Count;
                (changed, ended) = (_changed.Task, _openEnds == 0);
            }
            if (Array.Find(lines, predicate) is { } found)
                return found;
            if (ended)
                return null;
            await changed.WaitAsync(cancellationToken);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private string[] Select(bool isError)
    {
        lock (_lock)
            return [.. _lines.Where(line => line.IsError == isError).Select(line => line.Text)];
    }
}
