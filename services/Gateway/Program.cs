using Ingest.Gateway;
using Ingest.ServiceDefaults;

return await ServiceHost.RunAsync("gateway", 8080, args, builder => builder.AddRabbitMqQueues().AddGateway());
