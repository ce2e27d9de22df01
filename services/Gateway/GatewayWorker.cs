using System.Net;
using System.Net.Sockets;
using Ingest.Gateway.Edge;
using Ingest.Gateway.Listening;
using Ingest.Gateway.Sources;
using Ingest.Pipelines.Definition;
using Ingest.ServiceDefaults;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Ingest.Gateway;

/// <summary>Listens for every pipeline that says where, and fetches from its producers' listeners. The listeners are bound before the host counts as started.</summary>
internal sealed class GatewayWorker(
    PipelineIntakes intakes,
    Gate gate,
    OutgoingTls outgoingTls,
    GatewayEnd end,
    IOptions<GatewayOptions> options,
    TimeProvider time,
    Random random,
    ILogger<GatewayWorker> logger) : BackgroundService
{
    private readonly List<LineListener> _listeners = [];
    private readonly List<OutgoingConnection> _outgoing = [];

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var intake in intakes.All.Where(i => i.Pipeline.ListenPort is not null || i.Pipeline.ListenPath is not null))
            _listeners.Add(new LineListener(Open(intake.Pipeline), intake, gate, options.Value, time, logger));
        foreach (var intake in intakes.All)
        {
            if (intake.Pipeline.Connect is { } target)
                _outgoing.Add(new OutgoingConnection(target, outgoingTls, intake, options.Value, time, random, logger));
        }

        return base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        StageTasks.AllOrFirstFaultAsync(
        [
            .. _listeners.Select(l => l.RunAsync(end.Stopping, end.Aborting)),
            .. _outgoing.Select(o => o.RunAsync(end.Stopping, end.Aborting)),
        ]);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        foreach (var intake in intakes.All)
            await intake.DisposeAsync();
    }

    public override void Dispose()
    {
        foreach (var listener in _listeners)
            listener.Dispose();
        base.Dispose();
    }

    private Socket Open(PipelineDefinition pipeline)
    {
        var settings = options.Value;
        try
        {
            return pipeline.ListenPath is { } path
                ? ListenSocket.OpenPath(path, (UnixFileMode)Convert.ToInt32(settings.SocketMode, 8))
                : ListenSocket.OpenPort(IPAddress.Parse(settings.ListenAddress), pipeline.ListenPort!.Value);
        }
        catch (Exception failure) when (failure is SocketException or IOException or UnauthorizedAccessException)
        {
            throw new StartupException(pipeline.ListenPath is { } path
                ? $"Pipeline {pipeline.Name} cannot listen on {path} ({failure.Message.TrimEnd('.')}); make room for it there, or change listen in {pipeline.File}."
                : $"Pipeline {pipeline.Name} cannot listen on {settings.ListenAddress}:{pipeline.ListenPort} ({failure.Message.TrimEnd('.')}); "
                    + $"free the port, or change listen in {pipeline.File} or Gateway__ListenAddress.");
        }
    }
}
