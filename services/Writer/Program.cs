using Ingest.ServiceDefaults;
using Ingest.ServiceDefaults.Control;
using Ingest.Writer;

return await ServiceHost.RunAsync("writer", 8082, args, builder => builder.AddRabbitMqQueues().AddRabbitMqControlBus().AddWriter());
