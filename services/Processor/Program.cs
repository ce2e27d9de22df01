using Ingest.Processor;
using Ingest.ServiceDefaults;
using Ingest.ServiceDefaults.Control;

return await ServiceHost.RunAsync("processor", 8081, args, builder => builder.AddRabbitMqQueues().AddRabbitMqControlBus().AddProcessor());
