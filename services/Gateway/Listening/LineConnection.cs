using System.Net.Sockets;
using Ingest.Gateway.Edge;
using Ingest.Gateway.Framing;
using Ingest.Gateway.Receipts;
using Ingest.Gateway.Sources;
using Ingest.Pipelines.Definition;

namespace Ingest.Gateway.Listening;

/// <summary>
/// One producer's connection: its lines, then its receipt, then an orderly end (FIN). The connection is reset in every
/// other case, so that a producer can trust its end. A Unix domain socket knows no reset: there the receipt alone tells.
/// </summary>
internal sealed class LineConnection(Socket socket, Passage passage, PipelineIntake intake, GatewayOptions options, TimeProvider time)
{
    private const int KeepAliveAfterSeconds = 60;
    private const int KeepAliveEverySeconds = 10;

    /// <summary>A close with unread bytes is a reset, which may overtake the receipt.</summary>
    private static readonly TimeSpan LongestDiscard = TimeSpan.FromSeconds(2);
    private const int DiscardBytes = 64 * 1024;

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(5);

    /// <exception cref="SocketException">The connection died before it was looked at.</exception>
    public static void Prepare(Socket socket)
    {
        if (!IsTcp(socket))
            return;
        // Reset unless told otherwise: the kernel ends a killed process's connections with FIN, which would say "done".
        socket.LingerState = new LingerOption(true, 0);
        KeepAlive(socket);
    }

    /// <summary>A producer that vanished without a word gives its place up after two minutes.</summary>
    public static void KeepAlive(Socket socket)
    {
        if (!IsTcp(socket))
            return;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveAfterSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveEverySeconds);
    }

    /// <summary>Bytes taken, also where the producer does not take its receipt.</summary>
    public long Bytes { get; private set; }

    public async Task<SourceResult> RunAsync(CancellationToken stopping, CancellationToken aborting)
    {
        var (result, receipt) = await ConverseAsync(stopping, aborting);
        Bytes = result.Bytes;
        // With nothing to say, an orderly end would say that every line was taken.
        if (receipt is null && result.Outcome != SourceOutcome.Completed)
            return result;
        await TellAsync(receipt, aborting);
        if (IsTcp(socket))
            socket.LingerState = new LingerOption(false, 0);
        socket.Shutdown(SocketShutdown.Send);
        if (result.Outcome != SourceOutcome.Completed)
            await DiscardAsync(aborting);
        return result;
    }

    private async Task<(SourceResult Result, Receipt? Receipt)> ConverseAsync(CancellationToken stopping, CancellationToken aborting)
    {
        string? name;
        Stream input;
        using var silence = options.IdleTimeout > TimeSpan.Zero ? new CancellationTokenSource(options.IdleTimeout, time) : null;
        using var either = silence is null ? null : CancellationTokenSource.CreateLinkedTokenSource(silence.Token, stopping);
        try
        {
            (name, input) = await BeginAsync(either?.Token ?? stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return TakeNothing(passage.Name, SourceOutcome.Interrupted, "the gateway stops; send it again");
        }
        catch (OperationCanceledException)
        {
            return TakeNothing(
                passage.Name, SourceOutcome.Idle, $"nothing came for {options.IdleTimeout} (Gateway__IdleTimeout); send it again");
        }

        if (name is null)
            return await TakeAsync(Source.Live(passage.Name, intake.Pipeline), input, stopping, aborting);
        var source = Source.Replay($"sent {name}", intake.Pipeline) with { Name = name };
        if (!intake.TryClaim(source))
            return TakeNothing(name, SourceOutcome.Interrupted, "another connection sends this source at the moment; send it again later");
        try
        {
            return await TakeAsync(source, input, stopping, aborting);
        }
        finally
        {
            intake.Release(source);
        }
    }

    /// <summary>Reads the source line, if there is one.</summary>
    private async ValueTask<(string? Name, Stream Input)> BeginAsync(CancellationToken cancellationToken) =>
        passage.IsPlain && !await SourceLine.MayComeAsync(socket, cancellationToken)
            ? (null, passage.Stream)
            : await SourceLine.ReadAsync(passage.Stream, cancellationToken);

    private async Task<(SourceResult Result, Receipt? Receipt)> TakeAsync(
        Source source, Stream input, CancellationToken stopping, CancellationToken aborting)
    {
        using var mark = passage.IsPlain && IsTcp(socket) ? new WakeMark(socket, intake.Ahead) : null;
        return await intake.Converse(source).RunAsync(input, stopping, aborting, mark is null ? null : mark.Set, LeavingAsync);
    }

    private (SourceResult Result, Receipt? Receipt) TakeNothing(string name, SourceOutcome outcome, string error)
    {
        var receipt = intake.Pipeline.Acknowledge == Acknowledge.None
            ? null
            : new Receipt { Source = name, Lines = 0, Bytes = 0, Batches = 0, Rejected = 0, State = ReceiptState.Interrupted, Error = error };
        return (new SourceResult(outcome, 0, 0, error), receipt);
    }

    private static bool IsTcp(Socket socket) => socket.ProtocolType == ProtocolType.Tcp;

    /// <summary>
    /// After the end of its lines nothing comes any more, and nothing would be received that says that the producer has gone; but a send
    /// is refused then, also one of no bytes.
    /// </summary>
    private async Task LeavingAsync(CancellationToken over)
    {
        using var looks = new PeriodicTimer(BetweenLooks, time);
        try
        {
            while (await looks.WaitForNextTickAsync(over))
                socket.Send(ReadOnlySpan<byte>.Empty);
        }
        catch (SocketException)
        {
            // It has.
        }
    }

    /// <summary>A producer that does not read keeps only itself waiting, and that not for long.</summary>
    private async Task TellAsync(Receipt? receipt, CancellationToken aborting)
    {
        using var deadline = new CancellationTokenSource(options.ReceiptTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, aborting);
        if (receipt is not null)
            await passage.Stream.WriteAsync(receipt.ToLine(), either.Token);
        await passage.EndAsync().WaitAsync(either.Token);
    }

    private async Task DiscardAsync(CancellationToken aborting)
    {
        using var deadline = new CancellationTokenSource(LongestDiscard, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, aborting);
        var discarded = new byte[DiscardBytes];
        try
        {
            while (await socket.ReceiveAsync(discarded, either.Token) > 0)
            {
                // The receipt says what was taken; this was not.
            }
        }
        catch (Exception over) when (over is OperationCanceledException or SocketException)
        {
            // Long enough, or the producer has closed.
        }
    }
}
