using System.CommandLine;

namespace Ingest.Cli.Status;

/// <summary><c>ingest status</c>: whether every line is accounted for, and what is still under way.</summary>
internal static class StatusCommand
{
    private const string DatabaseVariable = "ConnectionStrings__Database";

    public static Command Create()
    {
        var pipeline = CommonOptions.Pipeline();
        pipeline.Description = "A pipeline's definition, or a folder of them.";
        var database = new Option<string?>("--database", "-d")
        {
            Description = $"A SQLite file, or Host=…;Username=…;Database=… or postgres://… for PostgreSQL; without it {DatabaseVariable} in the environment, else {CommonOptions.DefaultDatabase}.",
            HelpName = "DATABASE",
        };
        var broker = CommonOptions.Broker();
        var format = CommonOptions.Format();
        var command = new Command("status", "Says whether every line is accounted for, and what is under way or dead.") { pipeline, database, broker, format };
        command.SetAction((parsed, cancellation) => CommonOptions.GuardAsync(() => new StatusRun(
            parsed.GetValue(pipeline)!,
            parsed.GetValue(database) ?? Environment.GetEnvironmentVariable(DatabaseVariable) ?? CommonOptions.DefaultDatabase,
            parsed.GetValue(broker),
            parsed.GetValue(format) == "json").RunAsync(cancellation)));
        return command;
    }
}
