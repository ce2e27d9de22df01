using System.Net.Sockets;
using Ingest.Gateway.Edge;
using Ingest.Gateway.Sources;
using Microsoft.Extensions.Logging;

namespace Ingest.Gateway.Listening;

/// <summary>Accepts one pipeline's producers. Each connection is a source of its own.</summary>
/// <param name="socket">Where it listens; closed with this.</param>
/// <param name="intake">Where the lines go.</param>
/// <param name="gate">What a connection passes first.</param>
/// <param name="options">Limits and times.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Where it says what it does.</param>
internal sealed partial class LineListener(
    Socket socket, PipelineIntake intake, Gate gate, GatewayOptions options, TimeProvider time, ILogger logger) : IDisposable
{
    private static readonly TimeSpan AfterAcceptError = TimeSpan.FromMilliseconds(100);

    private readonly HashSet<Task> _connections = [];
    private readonly Lock _lock = new();

    /// <summary>Accepts until stopped, then waits for the connections at hand.</summary>
    public async Task RunAsync(CancellationToken stopping, CancellationToken aborting)
    {
        LogListening(intake.Pipeline.Name, socket.LocalEndPoint);
        while (!stopping.IsCancellationRequested)
        {
            Socket connection;
            try
            {
                connection = await socket.AcceptAsync(stopping);
            }
            catch (OperationCanceledException)
            {
                break;
            }
            catch (SocketException failure)
            {
                LogAcceptFailed(intake.Pipeline.Name, failure.Message);
                await Task.Delay(AfterAcceptError, time, CancellationToken.None);
                continue;
            }

            Track(connection, stopping, aborting);
        }

        socket.Close();
        Task[] open;
        lock (_lock)
            open = [.. _connections];
        await Task.WhenAll(open);
    }

    public void Dispose() => socket.Dispose();

    private void Track(Socket accepted, CancellationToken stopping, CancellationToken aborting)
    {
        try
        {
            LineConnection.Prepare(accepted);
        }
        catch (SocketException failure)
        {
            LogAcceptFailed(intake.Pipeline.Name, failure.Message);
            accepted.Dispose();
            return;
        }

        if (intake.Admission.TryEnter() is not { } place)
        {
            LogTooMany(intake.Pipeline.Name, intake.Admission.Places);
            accepted.Dispose();
            return;
        }

        lock (_lock)
        {
            var handling = HandleAsync(accepted, place, stopping, aborting);
            if (handling.IsCompleted)
                return;
            _connections.Add(handling);
            handling.ContinueWith(
                done =>
                {
                    lock (_lock)
                        _connections.Remove(done);
                },
                CancellationToken.None,
                TaskContinuationOptions.None,
                TaskScheduler.Current);
        }
    }

    private async Task HandleAsync(Socket accepted, Admission.Place place, CancellationToken stopping, CancellationToken aborting)
    {
        // Not on the time of those who wait to be accepted.
        await Task.Yield();
        using var left = place;
        using var owned = accepted;
        var name = "a connection";
        try
        {
            name = PeerName.Of(accepted);
            await using var passage = await gate.PassAsync(accepted, place, stopping);
            name = passage.Name;
            var result = await new LineConnection(accepted, passage, intake, options, time).RunAsync(stopping, aborting);
            LogEnded(intake.Pipeline.Name, name, result.Outcome, result.Lines, result.Bytes);
            if (result.Outcome is SourceOutcome.Corrupt or SourceOutcome.Refused or SourceOutcome.Postponed)
                LogIncomplete(intake.Pipeline.Name, name, result.Bytes, result.Error);
            if (result.Outcome == SourceOutcome.Stalled)
                LogStalled(intake.Pipeline.Name, name, options.ProgressDeadline);
        }
        catch (RefusedException refused)
        {
            LogRefused(intake.Pipeline.Name, name, refused.Message);
        }
        catch (OperationCanceledException) when (aborting.IsCancellationRequested)
        {
            LogAborted(intake.Pipeline.Name, name);
        }
        catch (Exception gone) when (gone is SocketException or OperationCanceledException or IOException { InnerException: SocketException } or EndOfStreamException)
        {
            // The producer reset its connection after its last line, or does not read; every line is safe all the same.
            // Or it ended at the gate.
        }
        catch (Exception failure)
        {
            // One connection's failure is not another's; the reset tells the producer.
            LogFailed(failure, intake.Pipeline.Name, name);
        }
    }
}
