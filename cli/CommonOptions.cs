using System.CommandLine;
using Ingest.ServiceDefaults;
using Ingest.Writer;

namespace Ingest.Cli;

/// <summary>What several commands ask for, and how it is read.</summary>
internal static class CommonOptions
{
    public const string DefaultDatabase = "ingest.db";

    public static Option<string> Pipeline() => new("--pipeline", "-p")
    {
        Description = "The pipeline's definition, a YAML file.",
        HelpName = "FILE",
        Required = true,
    };

    public static Option<string> Database() => new("--database", "-d")
    {
        Description = "A SQLite file, or Host=…;Username=…;Database=… or postgres://… for PostgreSQL.",
        HelpName = "DATABASE",
        DefaultValueFactory = _ => DefaultDatabase,
    };

    /// <exception cref="StartupException">The text names no database.</exception>
    public static Database OpenDatabase(string text)
    {
        try
        {
            return Writer.Database.Parse(text);
        }
        catch (FormatException wrong)
        {
            throw new StartupException(wrong.Message, ExitCodes.Usage);
        }
    }

    /// <summary>Runs a command; what it throws on purpose becomes a line on standard error and an exit code.</summary>
    public static async Task<int> GuardAsync(Func<Task<int>> command)
    {
        try
        {
            return await command();
        }
        catch (Exception failure) when (StartupErrors.Describe(failure) is { } told)
        {
            // A definition's mistakes begin with file, line and column.
            await Console.Error.WriteLineAsync(told.ExitCode == ExitCodes.BadConfiguration ? told.Message : $"ingest: {told.Message}");
            return told.ExitCode;
        }
    }
}
