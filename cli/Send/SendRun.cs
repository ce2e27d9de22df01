using Ingest.Cli.Load;
using Ingest.Gateway.Edge;
using Ingest.Gateway.Receipts;
using Ingest.ServiceDefaults;

namespace Ingest.Cli.Send;

/// <summary>One run of <c>ingest send</c>.</summary>
internal sealed class SendRun(SendSettings settings)
{
    public async Task<int> RunAsync()
    {
        var inputs = InputFile.FindAll(settings.Files);
        if (settings.Source is not null && inputs.Length > 1)
            throw new StartupException("--source names one input, and there are several.", ExitCodes.Usage);
        if (settings.Source is { } name && !SourceLine.IsName(name))
            throw new StartupException("--source takes a name of 1 to 1024 bytes without control characters.", ExitCodes.Usage);
        if (inputs.FirstOrDefault(i => InputSend.SourceName(i, settings) is { } path && !SourceLine.IsName(path)) is { } unnamed)
        {
            // The gateway would take the name for a line, and the file for one that must not be sent twice.
            throw new StartupException(
                $"The path of '{Printable(unnamed.Name)}' is longer than 1024 bytes or has control characters, so it cannot be its source's name; send it by itself with --source NAME.");
        }

        var destination = Destination.Read(settings);

        using var interrupts = new Interrupts();
        var (stopping, aborting) = (interrupts.Stopping, interrupts.Aborting);
        using var ended = new CancellationTokenSource();
        var progress = new SendProgress();
        var showing = progress.ShowAsync(ended.Token);
        var start = Environment.TickCount64;
        List<SendResult> results = [];
        try
        {
            foreach (var input in inputs)
            {
                var result = await new InputSend(input, destination, settings, progress).RunAsync(stopping.Token, aborting.Token);
                results.Add(result);
                if (result.Error is { } error)
                    progress.Say(error);
                if (stopping.IsCancellationRequested || result.Receipt?.State == ReceiptState.Refused)
                    break;
            }
        }
        finally
        {
            await ended.CancelAsync();
            await showing;
        }

        SendSummary.Print(results, TimeSpan.FromMilliseconds(Environment.TickCount64 - start), settings.Json);
        return stopping.IsCancellationRequested ? ExitCodes.Interrupted : results.Any(r => r.Error is not null) ? ExitCodes.Failed : ExitCodes.Success;
    }

    private static string Printable(string path) => string.Concat(path.Select(c => char.IsControl(c) ? '\uFFFD' : c));
}
