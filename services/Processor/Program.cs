using Ingest.Processor;
using Ingest.ServiceDefaults;

return await ServiceHost.RunAsync("processor", 8081, args, builder => builder.AddRabbitMqQueues().AddProcessor());
