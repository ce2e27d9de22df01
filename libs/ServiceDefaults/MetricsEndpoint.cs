using System.Diagnostics.Metrics;
using Ingest.Messaging;
using Ingest.Messaging.RabbitMq;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Metrics;

namespace Ingest.ServiceDefaults;

/// <summary>The meter <c>Ingest</c> under <c>/metrics</c>, for Prometheus.</summary>
internal static class MetricsEndpoint
{
    private const string Path = "/metrics";

    public static IHostApplicationBuilder AddMetrics(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<DeadBatchGauge>();
        builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter(IngestMetrics.MeterName).AddPrometheusExporter());
        return builder;
    }

    public static void MapMetrics(this WebApplication app)
    {
        // The broker is asked when somebody looks, and only then.
        var gauge = app.Services.GetRequiredService<DeadBatchGauge>();
        app.Use(async (context, next) =>
        {
            if (context.Request.Path == Path)
                await gauge.RefreshAsync(context.RequestAborted);
            await next(context);
        });
        app.MapPrometheusScrapingEndpoint(Path);
    }
}

/// <summary>How many batches each pipeline's dead queue holds: <c>ingest_dead_batches</c>, without a value while the broker is away.</summary>
internal sealed class DeadBatchGauge
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly PipelineCatalog _catalog;
    private readonly RabbitMqQueues? _queues;
    private readonly TimeProvider _time;
    private IReadOnlyList<Measurement<long>> _last = [];

    public DeadBatchGauge(PipelineCatalog catalog, TimeProvider time, RabbitMqQueues? queues = null)
    {
        (_catalog, _time, _queues) = (catalog, time, queues);
        IngestMetrics.Meter.CreateObservableGauge("ingest.dead.batches", () => _last, "{batch}", "Batches in the dead queue.");
    }

    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        if (_queues is null)
            return;
        using var late = new CancellationTokenSource(Patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        var measured = new List<Measurement<long>>();
        try
        {
            foreach (var pipeline in _catalog.Pipelines)
            {
                var depths = await _queues.DepthsAsync(pipeline.Name, either.Token).WaitAsync(either.Token);
                measured.Add(new Measurement<long>(depths.Dead, new KeyValuePair<string, object?>("pipeline", pipeline.Name)));
            }
        }
        catch (Exception away) when (away is SendFailedException or OperationCanceledException)
        {
            // What is unknown is left out.
        }

        _last = measured;
    }
}
