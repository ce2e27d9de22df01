using System.Net.Sockets;
using Ingest.Cli.Load;
using Ingest.Gateway.Receipts;
using Ingest.ServiceDefaults;

namespace Ingest.Cli.Send;

/// <summary>One connection for one input: its bytes go while the answer is waited for, so that a gateway that ends early is heard.</summary>
internal sealed class SendAttempt(InputFile input, string? source, Destination destination)
{
    private const int ReadBytes = 256 * 1024;

    /// <summary>After a connection broke, what the gateway said before may still be read.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    private long _sent;
    private volatile bool _isAllSent;

    /// <summary>Bytes sent so far; may be read from other threads.</summary>
    public long Sent => Volatile.Read(ref _sent);

    /// <summary>What is waited for is the receipt; may be read from other threads.</summary>
    public bool IsAllSent => _isAllSent;

    /// <param name="content">The input, at its beginning.</param>
    /// <param name="stopping">Ends the input where it is.</param>
    /// <param name="aborting">Resets the connection.</param>
    /// <exception cref="IOException">The connection broke; <see cref="SocketException"/> likewise.</exception>
    /// <exception cref="NoReceiptException">All was sent, and the connection ended in order, without a word.</exception>
    /// <exception cref="StartupException">The input cannot be read.</exception>
    public async Task<Receipt> RunAsync(Stream content, CancellationToken stopping, CancellationToken aborting)
    {
        await using var connection = await GatewayConnection.OpenAsync(destination, source, aborting);
        using var answered = CancellationTokenSource.CreateLinkedTokenSource(aborting);
        using var listening = CancellationTokenSource.CreateLinkedTokenSource(aborting);
        var answering = connection.ReadToEndAsync(listening.Token);
        var sending = SendAsync(connection, content, stopping, answered.Token);
        if (await Task.WhenAny(answering, sending) == answering)
            await answered.CancelAsync();
        try
        {
            await sending;
        }
        catch (Exception broken) when (broken is IOException or SocketException || (broken is OperationCanceledException && !aborting.IsCancellationRequested))
        {
            listening.CancelAfter(LastWords);
        }
        catch
        {
            await listening.CancelAsync();
            await answering.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            throw;
        }

        try
        {
            var answer = await answering;
            if (answer.Length == 0 && sending.IsCompletedSuccessfully)
                throw new NoReceiptException();
            return Receipt.Parse(answer) ?? throw new IOException("the connection ended without a receipt");
        }
        catch (OperationCanceledException) when (!aborting.IsCancellationRequested)
        {
            throw new IOException("the connection broke while it was sent");
        }
    }

    private async Task SendAsync(GatewayConnection connection, Stream content, CancellationToken stopping, CancellationToken ending)
    {
        var buffer = new byte[ReadBytes];
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, ending);
        while (true)
        {
            int count;
            try
            {
                count = await content.ReadAsync(buffer, either.Token);
            }
            catch (OperationCanceledException) when (!ending.IsCancellationRequested)
            {
                break;
            }
            catch (Exception broken) when (broken is IOException or UnauthorizedAccessException)
            {
                throw new StartupException($"{input.Name} cannot be read: {broken.Message}");
            }

            if (count == 0)
                break;
            await connection.SendAsync(buffer.AsMemory(0, count), ending);
            Volatile.Write(ref _sent, _sent + count);
        }

        await connection.EndAsync();
        _isAllSent = true;
    }
}
