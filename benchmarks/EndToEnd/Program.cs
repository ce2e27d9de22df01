using Ingest.EndToEnd;
using Ingest.TestSupport;

// usage: EndToEnd [LINES | FILE]   an input file of comments, or how many lines to generate (default 500000)
var input = args is [var named, ..] && !int.TryParse(named, out _)
    ? Input.Open(named)
    : await Input.GenerateAsync(args is [var count, ..] ? int.Parse(count, System.Globalization.CultureInfo.InvariantCulture) : 500_000);

await using var rabbitMq = await RabbitMqServer.StartOwnAsync();
await using var postgres = await PostgresServer.StartOwnAsync();
Report.PrintHeader(input);
foreach (var workload in Workload.All)
    Report.Print(await Run.MeasureAsync(workload, input, rabbitMq, postgres));
