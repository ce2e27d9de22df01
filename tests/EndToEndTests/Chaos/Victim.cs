using Ingest.TestSupport;

namespace Ingest.EndToEndTests.Chaos;

/// <summary>Something that runs in processes, and what can happen to it.</summary>
internal abstract class Victim(string name)
{
    public string Name => name;

    public abstract Task KillAsync();

    /// <summary>Asks it to end, and waits until it has.</summary>
    /// <returns>What was wrong with its end, or null.</returns>
    public abstract Task<string?> StopAsync();

    public abstract Task StartAsync();

    public abstract Task PauseAsync();

    public abstract Task ResumeAsync();
}

/// <summary>The broker or the database.</summary>
internal sealed class ServerVictim(string name, TestServer server) : Victim(name)
{
    public override Task KillAsync() => server.KillAsync();

    public override async Task<string?> StopAsync()
    {
        await server.StopAsync();
        return null;
    }

    public override Task StartAsync() => server.RestartAsync();

    public override Task PauseAsync() => server.PauseAsync();

    public override Task ResumeAsync() => server.ResumeAsync();
}
