using System.Net.Sockets;
using System.Security.Authentication;
using Ingest.Gateway.Edge;
using Ingest.Gateway.Sources;
using Ingest.Pipelines.Definition;
using Microsoft.Extensions.Logging;

namespace Ingest.Gateway.Listening;

/// <summary>
/// Fetches one pipeline's lines from a listener: connects, reads to the end, answers with the receipt, and connects
/// again. Each connection is a source of its own.
/// </summary>
/// <param name="target">The listener.</param>
/// <param name="tls">What the connection passes first.</param>
/// <param name="intake">Where the lines go.</param>
/// <param name="options">Times.</param>
/// <param name="time">The clock.</param>
/// <param name="random">The jitter, so that gateways that lost the same listener do not come back together.</param>
/// <param name="logger">Where it says what it does.</param>
internal sealed partial class OutgoingConnection(
    HostAndPort target, OutgoingTls tls, PipelineIntake intake, GatewayOptions options, TimeProvider time, Random random, ILogger logger)
{
    private readonly Backoff _backoff = new(options.ReconnectDelay, options.LongestReconnectDelay);
    private bool _isAway;

    public async Task RunAsync(CancellationToken stopping, CancellationToken aborting)
    {
        try
        {
            while (true)
            {
                if (await FetchAsync(stopping, aborting) > 0)
                    _backoff.Reset();
                await Task.Delay(_backoff.Next(random), time, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // What was fetched is safe, or was given up with the others.
        }
    }

    /// <returns>Bytes taken.</returns>
    private async Task<long> FetchAsync(CancellationToken stopping, CancellationToken aborting)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        Passage connected;
        try
        {
            connected = await ConnectAsync(socket, stopping);
        }
        catch (Exception away) when (away is SocketException or TimeoutException or IOException or AuthenticationException)
        {
            if (!_isAway)
                LogAway(intake.Pipeline.Name, target, away is AuthenticationException ? $"TLS: {away.Message}" : away.Message);
            _isAway = true;
            return 0;
        }

        LogConnected(intake.Pipeline.Name, target);
        _isAway = false;
        var connection = new LineConnection(socket, connected, intake, options, time);
        try
        {
            await using var passage = connected;
            var result = await connection.RunAsync(stopping, aborting);
            LogEnded(intake.Pipeline.Name, target, result.Outcome, result.Lines, result.Bytes);
        }
        catch (Exception gone) when (gone is SocketException or IOException { InnerException: SocketException })
        {
            LogUntold(intake.Pipeline.Name, target, gone.Message);
        }
        catch (OperationCanceledException) when (!aborting.IsCancellationRequested)
        {
            LogUntold(intake.Pipeline.Name, target, "it does not read");
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            LogFailed(failure, intake.Pipeline.Name, target);
        }

        return connection.Bytes;
    }

    private async Task<Passage> ConnectAsync(Socket socket, CancellationToken stopping)
    {
        using var late = new CancellationTokenSource(options.ConnectTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, stopping);
        try
        {
            await socket.ConnectAsync(target.Host, target.Port, either.Token);
            LineConnection.Prepare(socket);
            return await tls.PassAsync(socket, target, either.Token);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            throw new TimeoutException($"no answer within {options.ConnectTimeout}");
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Pipeline {Pipeline} fetches lines from {Target}")]
    private partial void LogConnected(string pipeline, HostAndPort target);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Pipeline {Pipeline} cannot connect to {Target}, trying again: {Reason}")]
    private partial void LogAway(string pipeline, HostAndPort target, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Pipeline {Pipeline}: {Target} ended, {Outcome}: {Lines} lines, {Bytes} bytes")]
    private partial void LogEnded(string pipeline, HostAndPort target, SourceOutcome outcome, long lines, long bytes);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Pipeline {Pipeline}: {Target} did not take its receipt, its lines are safe: {Reason}")]
    private partial void LogUntold(string pipeline, HostAndPort target, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Pipeline {Pipeline}: the connection to {Target} was reset after an error")]
    private partial void LogFailed(Exception failure, string pipeline, HostAndPort target);
}
