using System.CommandLine;
using Ingest.Cli.Dead;
using Ingest.Cli.Load;
using Ingest.Cli.Send;
using Ingest.Cli.Serve;
using Ingest.Cli.Status;
using Ingest.Cli.Validate;
using Ingest.ServiceDefaults;

var root = new RootCommand("Streams newline-delimited JSON into typed rows of a SQL table; every line is accounted for.")
{
    DeadCommand.Create(),
    LoadCommand.Create(),
    SendCommand.Create(),
    ServeCommand.Create(),
    StatusCommand.Create(),
    ValidateCommand.Create(),
};
// As other tools have it: 'ingest help load'.
var parsed = root.Parse(args is ["help", .. var command] ? [.. command, "--help"] : args);
if (parsed.Errors.Count == 0)
{
    // Load and serve end in their own time when they are told to stop.
    return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
}

foreach (var error in parsed.Errors)
    await Console.Error.WriteLineAsync($"ingest: {error.Message}");
await Console.Error.WriteLineAsync("Run 'ingest --help', or 'ingest COMMAND --help', for what there is.");
return ExitCodes.Usage;
