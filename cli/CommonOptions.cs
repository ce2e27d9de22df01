using System.CommandLine;
using Ingest.ServiceDefaults;
using Ingest.Writer;

namespace Ingest.Cli;

/// <summary>What several commands ask for, and how it is read.</summary>
internal static class CommonOptions
{
    public const string DefaultDatabase = "ingest.db";
    public const string BrokerVariable = "ConnectionStrings__RabbitMq";

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

    public static Option<string?> Broker() => new("--rabbitmq")
    {
        Description = $"The broker, amqp://… or amqps://…; without it {BrokerVariable} in the environment.",
        HelpName = "URI",
    };

    public static Option<string> Format()
    {
        var format = new Option<string>("--format")
        {
            Description = "How the result is printed: text or json (one line).",
            DefaultValueFactory = _ => "text",
        };
        format.AcceptOnlyFromAmong("text", "json");
        return format;
    }

    /// <summary>The broker that the option or the environment names, or null.</summary>
    /// <exception cref="StartupException">It is no address of a broker.</exception>
    public static Uri? BrokerUri(string? option)
    {
        var text = option ?? Environment.GetEnvironmentVariable(BrokerVariable);
        if (string.IsNullOrEmpty(text))
            return null;
        return Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "amqp" or "amqps"
            ? uri
            : throw new StartupException("The broker's address is not an amqp:// or amqps:// URI.", ExitCodes.Usage);
    }

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
