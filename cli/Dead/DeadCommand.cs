using System.CommandLine;

namespace Ingest.Cli.Dead;

/// <summary><c>ingest dead</c>: the batches that no stage could deal with.</summary>
internal static class DeadCommand
{
    public static Command Create() => new("dead", "Shows the batches that no stage could deal with, and sends them back.")
    {
        CreateList(),
        CreateRequeue(),
    };

    private static Command CreateList()
    {
        var (pipeline, broker, format) = (Pipeline(), CommonOptions.Broker(), CommonOptions.Format());
        var command = new Command("list", "Shows a pipeline's dead batches, the oldest first, and leaves them there.") { pipeline, broker, format };
        command.SetAction((parsed, cancellation) => CommonOptions.GuardAsync(() => new DeadRun(
            parsed.GetValue(pipeline)!, parsed.GetValue(broker), parsed.GetValue(format) == "json").ListAsync(cancellation)));
        return command;
    }

    private static Command CreateRequeue()
    {
        var (pipeline, broker, format) = (Pipeline(), CommonOptions.Broker(), CommonOptions.Format());
        var ids = new Argument<string[]>("ID")
        {
            Description = "Ids of the batches to send back, as 'ingest dead list' shows them.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var all = new Option<bool>("--all") { Description = "Send all of them back." };
        var command = new Command("requeue", "Sends dead batches back to the queue that each came from.") { ids, all, pipeline, broker, format };
        command.Validators.Add(parsed =>
        {
            if (parsed.GetValue(all) == (parsed.GetValue(ids) is { Length: > 0 }))
                parsed.AddError("Name the batches to send back, or say --all.");
        });
        command.SetAction((parsed, cancellation) => CommonOptions.GuardAsync(() => new DeadRun(
            parsed.GetValue(pipeline)!, parsed.GetValue(broker), parsed.GetValue(format) == "json")
            .RequeueAsync(parsed.GetValue(ids) ?? [], cancellation)));
        return command;
    }

    private static Option<string> Pipeline() => new("--pipeline", "-p")
    {
        Description = "The pipeline's definition, a YAML file, or its name.",
        HelpName = "FILE|NAME",
        Required = true,
    };
}
