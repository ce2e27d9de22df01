using System.CommandLine;
using Ingest.EndToEnd;
using Ingest.EndToEnd.Inputs;
using Ingest.EndToEnd.Peers.Naive;

return await new RootCommand("Measures the real services and their peers.") { BenchCommand.Create(), FeedCommand.Create(), NaiveCommand.Create() }
    .Parse(args)
    .InvokeAsync();
