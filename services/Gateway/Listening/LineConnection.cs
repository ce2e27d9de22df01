using System.Net.Sockets;
using Ingest.Gateway.Framing;
using Ingest.Gateway.Receipts;
using Ingest.Gateway.Sources;

namespace Ingest.Gateway.Listening;

/// <summary>
/// One producer's connection: its lines, then its receipt, then an orderly end (FIN). The connection is reset in every
/// other case, so that a producer can trust its end. A Unix domain socket knows no reset: there the receipt alone tells.
/// </summary>
internal sealed class LineConnection(Socket socket, PipelineIntake intake, GatewayOptions options, TimeProvider time, string? name = null)
{
    private const int KeepAliveAfterSeconds = 60;
    private const int KeepAliveEverySeconds = 10;

    /// <summary>A close with unread bytes is a reset, which may overtake the receipt.</summary>
    private static readonly TimeSpan LongestDiscard = TimeSpan.FromSeconds(2);
    private const int DiscardBytes = 64 * 1024;

    /// <summary>The producer's address, or what the kernel says of its process.</summary>
    public string Name { get; private set; } = "unknown";

    /// <exception cref="SocketException">The connection died before it was looked at.</exception>
    public void Prepare()
    {
        Name = name ?? PeerName.Of(socket);
        if (!IsTcp)
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
        await using var stream = new NetworkStream(socket, ownsSocket: false);
        var (result, receipt) = await intake.Converse(Source.Live(Name, intake.Pipeline))
            .RunAsync(stream, stopping, aborting, IsTcp ? WakeAt : null);
        // With nothing to say, an orderly end would say that every line was taken.
        if (receipt is null && result.Outcome != SourceOutcome.Completed)
            return result;
        if (receipt is not null)
            await SendAsync(stream, receipt, aborting);
        if (IsTcp)
            socket.LingerState = new LingerOption(false, 0);
        socket.Shutdown(SocketShutdown.Send);
        if (result.Outcome != SourceOutcome.Completed)
            await DiscardAsync(stream, aborting);
        return result;
    }

    private bool IsTcp => socket.ProtocolType == ProtocolType.Tcp;

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
    private async Task SendAsync(NetworkStream stream, Receipt receipt, CancellationToken aborting)
    {
        using var deadline = new CancellationTokenSource(options.ReceiptTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, aborting);
        await stream.WriteAsync(receipt.ToLine(), either.Token);
    }

    private async Task DiscardAsync(NetworkStream stream, CancellationToken aborting)
    {
        using var deadline = new CancellationTokenSource(LongestDiscard, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, aborting);
        var discarded = new byte[DiscardBytes];
        try
        {
            while (await stream.ReadAsync(discarded, either.Token) > 0)
            {
                // The receipt says what was taken; this was not.
            }
        }
        catch (Exception over) when (over is OperationCanceledException or IOException)
        {
            // Long enough, or the producer has closed.
        }
    }
}
