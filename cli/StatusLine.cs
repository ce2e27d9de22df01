namespace Ingest.Cli;

/// <summary>Standard error as the place for progress: one line that changes on a terminal, a plain line now and then elsewhere.</summary>
internal sealed class StatusLine
{
    private static readonly TimeSpan OnTerminal = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Elsewhere = TimeSpan.FromSeconds(10);

    private readonly bool _terminal = !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not ("dumb" or null);
    private readonly Lock _lock = new();
    private int _width;

    /// <summary>How often there is something new to show.</summary>
    public TimeSpan Period => _terminal ? OnTerminal : Elsewhere;

    /// <summary>Shows how far it is.</summary>
    public void Show(string text)
    {
        lock (_lock)
        {
            if (!_terminal)
            {
                Console.Error.WriteLine(text);
                return;
            }

            // A terminal that does not know its width says 0.
            var width = Console.WindowWidth > 1 ? Console.WindowWidth - 1 : 79;
            text = text.Length > width ? text[..width] : text;
            Console.Error.Write($"\r{text.PadRight(_width)}");
            _width = text.Length;
        }
    }

    /// <summary>Says something that stays.</summary>
    public void Say(string text)
    {
        lock (_lock)
        {
            Clear();
            Console.Error.WriteLine($"ingest: {text}");
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            if (_width > 0)
                Console.Error.Write($"\r{new string(' ', _width)}\r");
            _width = 0;
        }
    }
}
