using System.Net.Sockets;
using System.Security.Authentication;
using Ingest.Cli.Load;
using Ingest.Gateway.Listening;
using Ingest.Gateway.Receipts;
using Ingest.ServiceDefaults;

namespace Ingest.Cli.Send;

/// <summary>Sends one input until there is a receipt for all of it, or nothing gets further for too long.</summary>
internal sealed class InputSend(InputFile input, Destination destination, SendSettings settings, SendProgress progress)
{
    /// <summary>A pipeline that gives no receipts would be sent the same for ever; once more, something between may have died.</summary>
    private const int MostSilentEnds = 2;

    /// <summary>Sending so much again takes its time, which is not waited in vain; but not for ever.</summary>
    private const long Substantial = 8 * 1024 * 1024;
    private const int MostRepeats = 5;

    private readonly Backoff _backoff = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(10));
    private readonly long _start = Environment.TickCount64;
    private Receipt? _receipt;
    private long _sent;
    private int _silentEnds;

    private string? Source => SourceName(input, settings);

    /// <summary>A file is the same by its host and path; the same bytes under that name are written once.</summary>
    public static string? SourceName(InputFile input, SendSettings settings) =>
        settings.Source ?? (input.Identity is { } path ? $"{Environment.MachineName}:{path}" : null);

    /// <param name="stopping">Ends the sending; what comes once ends where it is, a file's connection is reset.</param>
    /// <param name="aborting">Does not wait for a receipt either.</param>
    public async Task<SendResult> RunAsync(CancellationToken stopping, CancellationToken aborting)
    {
        var (furthest, since, repeats) = (-1L, Environment.TickCount64, 0);
        while (true)
        {
            string problem;
            bool again;
            try
            {
                (problem, again) = await TryAsync(stopping, aborting);
            }
            catch (OperationCanceledException)
            {
                return Result("the sending was interrupted; send it again");
            }
            catch (StartupException told)
            {
                return Result(told.Message);
            }

            if (problem.Length == 0)
                return Result(null);
            if (_sent > furthest)
            {
                (furthest, since, repeats) = (_sent, Environment.TickCount64, 0);
                _backoff.Reset();
            }
            else if (_sent >= Substantial && ++repeats <= MostRepeats)
            {
                since = Environment.TickCount64;
            }

            var patience = settings.RetryFor - TimeSpan.FromMilliseconds(Environment.TickCount64 - since);
            if (!again || patience <= TimeSpan.Zero)
                return Result(again ? $"{problem}; it did not get further within {settings.RetryFor.TotalSeconds:0.###} s" : problem);
            var wait = _backoff.Next(Random.Shared);
            wait = wait < patience ? wait : patience;
            progress.Say($"{input.Name}: {problem}; sending it again in {wait.TotalSeconds:N1} s");
            try
            {
                await Task.Delay(wait, stopping);
            }
            catch (OperationCanceledException)
            {
                return Result(problem);
            }
        }
    }

    /// <returns>What went wrong, or nothing, and whether to try again.</returns>
    private async Task<(string Problem, bool Again)> TryAsync(CancellationToken stopping, CancellationToken aborting)
    {
        await using var content = input.Open();
        var attempt = new SendAttempt(input, Source, destination);
        progress.Begin(input, attempt);
        try
        {
            var ending = content.CanSeek ? CancellationToken.None : stopping;
            _receipt = await attempt.RunAsync(content, ending, content.CanSeek ? stopping : aborting);
            _sent = attempt.Sent;
            if (_receipt.State == ReceiptState.Refused)
                return ($"the gateway refused it: {_receipt.Error}; look at --token-file", false);
            if (_receipt.State != ReceiptState.Interrupted)
                return (_receipt.Error ?? "", false);
            return content.CanSeek && !input.IsStandardInput
                ? (_receipt.Error ?? "the gateway stopped", true)
                : ($"the gateway took the first {_receipt.Lines} lines and no more: {_receipt.Error}", false);
        }
        catch (AuthenticationException refused)
        {
            return ($"TLS: {refused.Message}", false);
        }
        catch (SocketException unknown) when (unknown.SocketErrorCode == SocketError.HostNotFound)
        {
            return ($"there is no host {destination.EndPoint.Host}", false);
        }
        catch (NoReceiptException) when (++_silentEnds == MostSilentEnds)
        {
            _sent = attempt.Sent;
            return ("the connection ended in order and without a receipt, twice; a pipeline with 'acknowledge: none' gives none: send its lines with ncat", false);
        }
        catch (Exception broken) when (broken is IOException or SocketException)
        {
            _sent = attempt.Sent;
            var problem = broken.Message.TrimEnd('.');
            if (content.CanSeek && !input.IsStandardInput)
                return (problem, true);
            return (attempt.Sent == 0 ? problem : $"{problem}; how many of its lines were taken is not known, and it cannot be sent again from here", false);
        }
        finally
        {
            progress.End();
        }
    }

    private SendResult Result(string? error) => new(
        input.Name,
        _receipt,
        error is null ? null : $"{(input.IsStandardInput ? "standard input" : input.Name)} to {settings.To}: {error.TrimEnd('.')}.",
        _sent,
        TimeSpan.FromMilliseconds(Environment.TickCount64 - _start));
}
