using System.CommandLine;

namespace Ingest.Cli.Load;

/// <summary><c>ingest load</c>: files or standard input into a database, all in this process.</summary>
internal static class LoadCommand
{
    public static Command Create()
    {
        var files = new Argument<string[]>("FILES")
        {
            Description = "Files of newline-delimited JSON, plain or gzip; - is standard input.",
            Arity = ArgumentArity.OneOrMore,
        };
        var pipeline = CommonOptions.Pipeline();
        var database = CommonOptions.Database();
        var format = new Option<string>("--format")
        {
            Description = "How the closing summary is printed: text or json (one line).",
            DefaultValueFactory = _ => "text",
        };
        format.AcceptOnlyFromAmong("text", "json");

        var command = new Command("load", "Loads files into a table and says what became of every line.") { files, pipeline, database, format };
        command.SetAction(parsed => CommonOptions.GuardAsync(() => new LoadRun(
            parsed.GetValue(files)!,
            parsed.GetValue(pipeline)!,
            parsed.GetValue(database)!,
            parsed.GetValue(format) == "json").RunAsync()));
        return command;
    }
}
