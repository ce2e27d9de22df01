using System.Runtime.InteropServices;
using Ingest.Cli;

namespace Ingest.UnitTests.Load;

public class InterruptsTests
{
    [Theory]
    [InlineData(PosixSignal.SIGINT)]
    [InlineData(PosixSignal.SIGTERM)]
    public void The_first_signal_stops_and_the_second_aborts(PosixSignal kind)
    {
        using var interrupts = new Interrupts();
        var signal = new PosixSignalContext(kind);
        interrupts.Handle(signal);
        Assert.Equal((true, true, false), (signal.Cancel, interrupts.Stopping.IsCancellationRequested, interrupts.Aborting.IsCancellationRequested));
        interrupts.Handle(signal);
        Assert.True(interrupts.Aborting.IsCancellationRequested);
    }

    /// <summary>A signal's handler has a thread of its own, which may begin when the run has ended.</summary>
    [Fact]
    public void A_signal_that_is_handled_late_does_no_harm()
    {
        var interrupts = new Interrupts();
        interrupts.Dispose();
        interrupts.Handle(new PosixSignalContext(PosixSignal.SIGINT));
        interrupts.Handle(new PosixSignalContext(PosixSignal.SIGINT));
        Assert.True(interrupts.Aborting.IsCancellationRequested);
    }
}
