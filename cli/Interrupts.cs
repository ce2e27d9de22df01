using System.Runtime.InteropServices;

namespace Ingest.Cli;

/// <summary>The first SIGINT or SIGTERM stops a run, which finishes what it has at hand; the second gives that up, too.</summary>
internal sealed class Interrupts : IDisposable
{
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;

    public Interrupts()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle);
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle);
    }

    // Neither is disposed: a signal's handler has a thread of its own, which may begin when the run has ended.
#pragma warning disable CA2213
    public CancellationTokenSource Stopping { get; } = new();

    /// <summary>Cancelled by whatever else ends the run before its time, too.</summary>
    public CancellationTokenSource Aborting { get; } = new();
#pragma warning restore CA2213

    /// <summary>What a signal does, called on a thread of its own.</summary>
    internal void Handle(PosixSignalContext signal)
    {
        signal.Cancel = true;
        if (Stopping.IsCancellationRequested)
            Aborting.Cancel();
        Stopping.Cancel();
    }

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
    }
}
