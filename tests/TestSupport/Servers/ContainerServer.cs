using Docker.DotNet.Models;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Configurations;
using DotNet.Testcontainers.Containers;

namespace Ingest.TestSupport;

/// <summary>A server in a container, for machines that have Docker and not the server.</summary>
internal sealed class ContainerServer(DockerContainer container, string image, Func<string> address) : ServerInstance
{
    public override string Address => address();

    /// <summary>Null when no Docker engine answers.</summary>
    public static ContainerServer? Find<T>(string image, Func<T> build, Func<T, string> address) where T : DockerContainer
    {
        try
        {
            var container = build();
            return new ContainerServer(container, image, () => address(container));
        }
        catch (DockerUnavailableException)
        {
            return null;
        }
    }

    public override Task PauseAsync() => container.PauseAsync();

    public override Task ResumeAsync() => container.UnpauseAsync();

    public override async Task KillAsync()
    {
        using var docker = TestcontainersSettings.OS.DockerEndpointAuthConfig!.GetDockerClientBuilder(Guid.Empty).Build();
        await docker.Containers.KillContainerAsync(container.Id, new ContainerKillParameters { Signal = "KILL" });
        await Eventually.HoldsAsync(
            async () => (await docker.Containers.InspectContainerAsync(container.Id)).State?.Running == false,
            TimeSpan.FromSeconds(30),
            () => $"{image} lives on");
    }

    public override async Task StartAsync()
    {
        try
        {
            await container.StartAsync();
        }
        catch (DockerUnavailableException exception)
        {
            throw new ServiceUnavailableException($"Docker answers, but cannot run {image}: {exception.Message}", exception);
        }
    }

    public override Task StopAsync() => container.StopAsync();

    public override async Task<string> RunToolAsync(string tool, params string[] arguments)
    {
        var result = await container.ExecAsync([tool, .. arguments]);
        return result.ExitCode == 0 ? result.Stdout : throw new InvalidOperationException($"{tool} failed: {result.Stderr}{result.Stdout}");
    }

    public override ValueTask DisposeAsync() => container.DisposeAsync();
}
