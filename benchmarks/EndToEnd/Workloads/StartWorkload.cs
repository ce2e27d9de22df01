using System.Diagnostics;
using System.Net;
using Ingest.EndToEnd.Services;
using Ingest.TestSupport;

namespace Ingest.EndToEnd.Workloads;

/// <summary>
/// Each service by itself, from the start of its process until <c>/health/ready</c> answers 200, its servers up and its
/// queues and tables there, as after an update. The very first start, which makes them, is a figure of its own.
/// </summary>
internal sealed class StartWorkload(string name) : Workload(name, Side.Ours)
{
    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(5);

    public static string Figure(string service) => $"s {service}";

    public override async Task<Measurement> RunAsync(Bench bench)
    {
        await using var database = await bench.CreateDatabaseAsync();
        var folder = TestRun.CreateFolder("pipelines");
        await Definition.AllRows.WriteAsync(folder, TestNames.Pipeline(), FreePort.Next());
        var figures = new Dictionary<string, double>();
        var first = 0.0;
        foreach (var (service, project) in ServiceSet.Programs)
            first = Math.Max(first, await StartAsync(project, ServiceSet.Surroundings(bench, database, folder)));
        foreach (var (service, project) in ServiceSet.Programs)
            figures[Figure(service)] = await StartAsync(project, ServiceSet.Surroundings(bench, database, folder));
        var slowest = figures.Values.Max();
        figures["s at most at the first start of all"] = first;
        return new Measurement(slowest, 0, 0, 0, []) { Figures = figures };
    }

    /// <returns>Seconds.</returns>
    private static async Task<double> StartAsync(string project, Dictionary<string, string?> surroundings)
    {
        using var client = new HttpClient();
        var ready = new Uri($"{surroundings["ASPNETCORE_URLS"]}/health/ready");
        var watch = Stopwatch.StartNew();
        await using var service = Published.StartService(project, surroundings);
        while (!await IsReadyAsync(client, ready))
        {
            if (service.HasExited || watch.Elapsed > Bench.Deadline)
                throw new InvalidOperationException(service.Describe("did not become ready"));
            await Task.Delay(AskEvery);
        }

        var seconds = watch.Elapsed.TotalSeconds;
        service.Kill();
        return seconds;
    }

    private static async Task<bool> IsReadyAsync(HttpClient client, Uri ready)
    {
        try
        {
            using var answer = await client.GetAsync(ready);
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
