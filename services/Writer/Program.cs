using Ingest.ServiceDefaults;
using Ingest.Writer;

return await ServiceHost.RunAsync("writer", 8082, args, builder => builder.AddRabbitMqQueues().AddWriter());
