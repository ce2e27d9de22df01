using Ingest.Gateway;
using Ingest.ServiceDefaults;
using Ingest.ServiceDefaults.Control;

return await ServiceHost.RunAsync(
    "gateway", 8080, args, builder => builder.AddRabbitMqQueues().AddRabbitMqControlBus().AddGateway(), app => app.MapGateway());
