using System.CommandLine;

namespace Ingest.Cli.Load;

/// <summary>What the command line of <c>ingest load</c> says.</summary>
internal sealed record LoadSettings
{
    public required string[] Files { get; init; }

    /// <summary>Commands for the shell, whose output is loaded.</summary>
    public required string[] Programs { get; init; }

    public required string Pipeline { get; init; }

    public required string Database { get; init; }

    /// <summary>The name of standard input, of a pipe or of the program's output, or null when it comes once.</summary>
    public string? Source { get; init; }

    /// <summary>How many inputs may be loaded at a time.</summary>
    public required int Parallel { get; init; }

    /// <summary>Load even where lines may be written twice.</summary>
    public bool Again { get; init; }

    public bool Json { get; init; }
}

/// <summary><c>ingest load</c>: files, standard input or what programs print into a database, all in this process.</summary>
internal static class LoadCommand
{
    /// <summary>Reading and decompressing take one core for each input, and what follows is shared by all.</summary>
    private const int MostByDefault = 4;

    public static Command Create()
    {
        var files = new Argument<string[]>("FILES")
        {
            Description = "Files of newline-delimited JSON, plain or compressed by gzip, zstd, xz, bzip2 or LZ4; - is standard input.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var pipeline = CommonOptions.Pipeline();
        var database = CommonOptions.Database();
        var format = CommonOptions.Format();
        var source = new Option<string?>("--source")
        {
            Description = "A name for standard input, a pipe or what the program of --exec prints, under which the same bytes can be sent again without being written twice.",
            HelpName = "NAME",
        };
        var programs = new Option<string[]>("--exec")
        {
            Description = "A command for the shell, whose output is loaded: --exec 'aws s3 cp s3://BUCKET/KEY -'. It is ended when the load stops.",
            HelpName = "COMMAND",
        };
        var parallel = new Option<int>("--parallel")
        {
            Description = "How many inputs are loaded at a time; with on_duplicate: update they are loaded one after another.",
            HelpName = "NUMBER",
            DefaultValueFactory = _ => Math.Min(Environment.ProcessorCount, MostByDefault),
        };
        parallel.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.GetValueOrDefault<int>() is not (>= 1 and <= 1000))
                result.AddError("--parallel takes a number from 1 to 1000.");
        });
        var again = new Option<bool>("--again")
        {
            Description = "Load a file once more although its rows cannot be told apart: after a changed definition, or when it became shorter.",
        };

        var command = new Command("load", "Loads files into a table and says what became of every line.") { files, pipeline, database, programs, source, parallel, again, format };
        command.SetAction(parsed => CommonOptions.GuardAsync(() => new LoadRun(new LoadSettings
        {
            Files = parsed.GetValue(files) ?? [],
            Programs = parsed.GetValue(programs) ?? [],
            Pipeline = parsed.GetValue(pipeline)!,
            Database = parsed.GetValue(database)!,
            Source = parsed.GetValue(source),
            Parallel = parsed.GetValue(parallel),
            Again = parsed.GetValue(again),
            Json = parsed.GetValue(format) == "json",
        }).RunAsync()));
        return command;
    }
}
