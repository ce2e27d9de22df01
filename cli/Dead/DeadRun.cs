using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ingest.Messaging;
using Ingest.Messaging.RabbitMq;
using Ingest.ServiceDefaults;

namespace Ingest.Cli.Dead;

/// <summary>One look at a pipeline's dead queue.</summary>
internal sealed partial class DeadRun(string pipeline, string? broker, bool asJson)
{
    public Task<int> ListAsync(CancellationToken cancellationToken) => RunAsync(async queue =>
    {
        var batches = await queue.ListAsync(cancellationToken);
        Print(batches, batches.Count == 0 ? "No dead batches." : null);
        return ExitCodes.Success;
    }, cancellationToken);

    /// <param name="ids">Which ones; all when there are none.</param>
    /// <param name="cancellationToken">Leaves the others where they are.</param>
    public Task<int> RequeueAsync(string[] ids, CancellationToken cancellationToken) => RunAsync(async queue =>
    {
        var wanted = ids.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var batches = await queue.RequeueAsync(batch => wanted.Count == 0 || wanted.Contains(batch.Id), cancellationToken);
        Print(batches, $"{batches.Count} sent back.");
        var missing = wanted.Except(batches.Select(b => b.Id), StringComparer.OrdinalIgnoreCase).ToList();
        if (missing.Count == 0)
            return ExitCodes.Success;
        await Console.Error.WriteLineAsync($"ingest: not among the dead batches of {Name()}: {string.Join(", ", missing)}");
        return ExitCodes.Failed;
    }, cancellationToken);

    private async Task<int> RunAsync(Func<DeadQueue, Task<int>> work, CancellationToken cancellationToken)
    {
        var uri = CommonOptions.BrokerUri(broker)
            ?? throw new StartupException($"No broker is named; use --rabbitmq or set {CommonOptions.BrokerVariable}.", ExitCodes.Usage);
        await using var queue = new DeadQueue(uri, Name(), TimeProvider.System);
        try
        {
            if (!File.Exists(pipeline) && !await queue.ExistsAsync(cancellationToken))
            {
                throw new StartupException(
                    $"RabbitMQ has no dead queue of a pipeline '{pipeline}'; give the name that stands in its definition, or the definition's file.");
            }

            return await work(queue);
        }
        catch (SendFailedException failure)
        {
            throw new StartupException(failure.Message);
        }
    }

    private void Print(IReadOnlyList<DeadBatch> batches, string? summary)
    {
        if (asJson)
        {
            Console.WriteLine(JsonSerializer.Serialize(new Report(Name(), batches), DeadJson.Default.Report));
            return;
        }

        foreach (var batch in batches)
            Console.WriteLine(Line(batch));
        if (summary is not null)
            Console.WriteLine(summary);
    }

    private static string Line(DeadBatch batch) => string.Join("  ",
        batch.Id is "" ? "-" : batch.Id,
        batch.Kind,
        batch.Source ?? "-",
        batch.Lines is { } lines ? $"{lines} lines from {batch.FirstLine}" : "-",
        batch.BuriedAt?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "-",
        batch.Reason.ReplaceLineEndings(" "));

    /// <summary>What is no file is a name: dead batches outlive their definition.</summary>
    private string Name()
    {
        if (!File.Exists(pipeline))
            return pipeline;
        return PipelineCatalog.Load(pipeline).Pipelines.Single().Name;
    }

    private sealed record Report(string Pipeline, IReadOnlyList<DeadBatch> Batches);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    [JsonSerializable(typeof(Report))]
    private sealed partial class DeadJson : JsonSerializerContext;
}
