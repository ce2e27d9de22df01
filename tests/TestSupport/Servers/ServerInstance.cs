namespace Ingest.TestSupport;

/// <summary>One server: a native process, a container, or somebody else's.</summary>
internal abstract class ServerInstance : IAsyncDisposable
{
    /// <summary>A connection string or URI, the same for as long as the instance lives.</summary>
    public abstract string Address { get; }

    public virtual IReadOnlyList<int> ProcessIds => [];

    public abstract Task PauseAsync();

    public abstract Task ResumeAsync();

    public abstract Task KillAsync();

    /// <summary>Starts it on its data, and returns when it takes connections.</summary>
    public abstract Task StartAsync();

    public abstract Task StopAsync();

    /// <summary>Runs one of the server's own tools inside it, and returns what it printed.</summary>
    public virtual Task<string> RunToolAsync(string tool, params string[] arguments) =>
        throw new NotSupportedException($"{tool} cannot be run here.");

    public abstract ValueTask DisposeAsync();
}

/// <summary>A server that an environment variable names. It is not ours to interrupt.</summary>
internal sealed class ExternalServer(string address) : ServerInstance
{
    public override string Address => address;

    public override Task PauseAsync() => throw NotOurs();

    public override Task ResumeAsync() => throw NotOurs();

    public override Task KillAsync() => throw NotOurs();

    public override Task StartAsync() => throw NotOurs();

    public override Task StopAsync() => Task.CompletedTask;

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static NotSupportedException NotOurs() => new("The tests did not start this server: use StartOwnAsync.");
}
