using System.CommandLine;
using Ingest.Pipelines.Definition;
using Ingest.ServiceDefaults;

namespace Ingest.Cli.Validate;

/// <summary><c>ingest validate</c>: checks definitions and names every mistake.</summary>
internal static class ValidateCommand
{
    public static Command Create()
    {
        var files = new Argument<string[]>("FILES")
        {
            Description = "Definition files, or folders of them.",
            Arity = ArgumentArity.OneOrMore,
        };
        var command = new Command("validate", "Checks pipeline definitions and names every mistake with its place.") { files };
        command.SetAction(parsed => Task.FromResult(Run(parsed.GetValue(files)!)));
        return command;
    }

    private static int Run(string[] files)
    {
        var mistakes = 0;
        foreach (var file in files)
        {
            var loaded = DefinitionLoader.LoadAll(file);
            foreach (var error in loaded.Errors)
                Console.Error.WriteLine(error);
            mistakes += loaded.Errors.Count;
            foreach (var pipeline in loaded.Definitions)
                Console.WriteLine($"{pipeline.File}: ok, pipeline {pipeline.Name}, table {pipeline.Table}, {pipeline.Columns.Count} columns");
        }

        return mistakes == 0 ? ExitCodes.Success : ExitCodes.BadConfiguration;
    }
}
