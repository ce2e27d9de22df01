using Ingest.Compression;
using Ingest.Gateway;
using Ingest.Messaging;
using Ingest.ServiceDefaults;
using Ingest.Writer;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Ingest.Cli.Load;

/// <summary>One run of <c>ingest load</c>.</summary>
internal sealed class LoadRun(LoadSettings settings)
{
    /// <summary>How long a database may stay away before the run gives up; a second run goes on from the ledger.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public async Task<int> RunAsync()
    {
        var catalog = PipelineCatalog.Load(settings.Pipeline);
        if (catalog.Pipelines is not [var pipeline])
            throw new StartupException($"{settings.Pipeline} holds {catalog.Pipelines.Count} pipelines; load takes one definition file.", ExitCodes.Usage);
        LoadInput[] inputs = [.. InputFile.FindAll(settings.Files), .. settings.Programs.Select(p => new ProgramInput(p))];
        if (inputs.Length == 0)
            throw new StartupException("Name the files to load, - for standard input, or a program with --exec.", ExitCodes.Usage);
        if (settings.Source is not null && inputs.Count(i => i.Identity is null) != 1)
            throw new StartupException("--source names standard input, a pipe or the one program of --exec, and there is none, or more than one.", ExitCodes.Usage);
        await using var database = CommonOptions.OpenDatabase(settings.Database);

        using var interrupts = new Interrupts();
        var (stopping, aborting) = (interrupts.Stopping, interrupts.Aborting);
        try
        {
            await OneProcess.PrepareAsync(catalog, database, stopping.Token);
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("ingest: interrupted before anything was read.");
            return ExitCodes.Interrupted;
        }

        var report = new LoadReport();
        var builder = OneProcess.CreateBuilder(catalog, database, LogLevel.Warning);
        builder.Services.AddSingleton<IHostLifetime, OwnLifetime>();
        builder.Services.AddSingleton<ICommitListener>(report);
        builder.Services.AddValidatedOptions<PublisherOptions>(PublisherOptions.Section, static (section, options, how) => section.Bind(options, how));
        builder.Services.AddValidatedOptions<GatewayOptions>(GatewayOptions.Section, static (section, options, how) => section.Bind(options, how));
        using var host = builder.Build();
        var health = host.Services.GetRequiredService<StageHealth>();
        string? problem = null;
        health.Reported += reported =>
        {
            if (!reported.NeedsHelp)
                return;
            problem = reported.Message;
            aborting.Cancel();
        };
        await host.StartAsync(CancellationToken.None);
        var reading = host.Services.GetRequiredService<IOptions<GatewayOptions>>().Value;

        // A stage that died stops the host, and what it held will never be safe.
        using var died = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.UnsafeRegister(
            state => ((CancellationTokenSource)state!).Cancel(), aborting);

        List<string> errors = [];
        await using (var publisher = new BatchPublisher<LineBatch>(
            host.Services.GetRequiredService<IBatchQueues>().CreateSender<LineBatch>(pipeline.Name),
            host.Services.GetRequiredService<IOptions<PublisherOptions>>().Value,
            TimeProvider.System,
            new Random(),
            host.Services.GetRequiredService<ILogger<LoadRun>>()))
        {
            var progress = new Progress(inputs, report, health, Patience, aborting);
            var places = LoadPlaces.Plan(inputs.Length, settings.Parallel, pipeline, reading.Decompression);
            if (places.Note is { } note)
                await Console.Error.WriteLineAsync($"ingest: {note}.");
            var load = new SourceLoad(pipeline, database, publisher, places.Decompression, reading.Linger, settings, progress);
            using var ended = new CancellationTokenSource();
            var showing = progress.ShowAsync(ended.Token);
            try
            {
                await places.ForEachAsync(inputs, load.RunAsync, errors.Add, stopping.Token, aborting.Token);
            }
            catch (OperationCanceledException) when (aborting.IsCancellationRequested)
            {
                errors.Add(problem ?? progress.GaveUp ?? "interrupted before everything was written; run it again to go on.");
            }
            finally
            {
                await ended.CancelAsync();
                await showing;
            }
        }

        // Of what has a name only whole batches are written: the others are cut at the same places when it is read again.
        if (stopping.IsCancellationRequested && !aborting.IsCancellationRequested)
        {
            errors.Add(settings.Source is null && Array.TrueForAll(inputs, i => i.Identity is null)
                ? "interrupted; what was read is written."
                : "interrupted; what is not written yet comes when it is run again.");
        }

        // After giving up there is nothing to wait for.
        await host.StopAsync(new CancellationToken(aborting.IsCancellationRequested));
        foreach (var error in errors)
            await Console.Error.WriteLineAsync($"ingest: {error}");
        Summary.Print(report, pipeline, database.Name, settings.Json);
        if (errors.Count == 0 && Summary.Surprise(report, pipeline) is { } surprise)
            await Console.Error.WriteLineAsync($"ingest: {surprise}");
        return stopping.IsCancellationRequested ? ExitCodes.Interrupted : errors.Count > 0 ? ExitCodes.Failed : ExitCodes.Success;
    }
}
