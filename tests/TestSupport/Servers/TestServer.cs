namespace Ingest.TestSupport;

/// <summary>A server for tests, which may be interrupted in every way that a real one is.</summary>
public abstract class TestServer : IAsyncDisposable
{
    private protected TestServer(ServerInstance instance) => Instance = instance;

    /// <summary>The server's processes, its own first; none when it runs in a container or elsewhere.</summary>
    public IReadOnlyList<int> ProcessIds => Instance.ProcessIds;

    private protected ServerInstance Instance { get; }

    /// <summary>Freezes it: connections stay open and nothing answers.</summary>
    public Task PauseAsync() => Instance.PauseAsync();

    public Task ResumeAsync() => Instance.ResumeAsync();

    /// <summary>Ends it as a crash would.</summary>
    public Task KillAsync() => Instance.KillAsync();

    /// <summary>Starts it on the same port and data; stops it first when it still runs.</summary>
    public async Task RestartAsync()
    {
        await Instance.StopAsync();
        await Instance.StartAsync();
    }

    public Task StopAsync() => Instance.StopAsync();

    /// <summary>Stops it and removes its data.</summary>
    public async ValueTask DisposeAsync()
    {
        await Instance.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Native, else a container; <c>INGEST_TEST_SERVERS</c> allows one of <c>native</c> and <c>docker</c>, or <c>none</c>.</summary>
    private protected static async Task<ServerInstance> StartAsync(
        Func<ServerInstance?> native, Func<ServerInstance?> container, string otherwise)
    {
        var allowed = Environment.GetEnvironmentVariable("INGEST_TEST_SERVERS");
        var instance = (allowed is null or "" or "native" ? native() : null)
            ?? (allowed is null or "" or "docker" ? container() : null)
            ?? throw new ServiceUnavailableException(otherwise);
        try
        {
            await instance.StartAsync();
        }
        catch
        {
            await instance.DisposeAsync();
            throw;
        }
        return instance;
    }
}
