using System.Net.Sockets;
using Ingest.Gateway.Edge;
using Ingest.Gateway.Framing;
using Ingest.Gateway.Receipts;
using Ingest.Gateway.Sources;

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

    /// <exception cref="SocketException">The connection died before it was looked at.</exception>
    public static void Prepare(Socket socket)
    {
        if (!IsTcp(socket))
            return;
        // Reset unless told otherwise: the kernel ends a killed process's connections with FIN, which would say "done".
        socket.LingerState = new LingerOption(true, 0);
        // A producer that vanished without a word gives its place up after two minutes.
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveAfterSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveEverySeconds);
    }

    public async Task<SourceResult> RunAsync(CancellationToken stopping, CancellationToken aborting)
    {
        var (result, receipt) = await intake.Converse(Source.Live(passage.Name, intake.Pipeline))
            .RunAsync(passage.Stream, stopping, aborting, passage.IsPlain && IsTcp(socket) ? WakeAt : null);
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

    private static bool IsTcp(Socket socket) => socket.ProtocolType == ProtocolType.Tcp;

    /// <summary>Fewer bytes than that do not end a wait for them, where the system can be told so; the end and a reset do.</summary>
    private void WakeAt(int bytes)
    {
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReceiveLowWater, bytes);
        }
        catch (SocketException)
        {
            // It costs a few more turns.
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
