using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Ingest.ServiceDefaults;

/// <summary>The <c>--health</c> switch: asks the service of this environment whether it is ready. Images need no curl.</summary>
internal static class HealthProbe
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static string DefaultUrl(int port) => $"http://127.0.0.1:{port}";

    /// <summary>What ASP.NET Core's own variables say, or null.</summary>
    public static string? ConfiguredUrls()
    {
        if (Environment.GetEnvironmentVariable("ASPNETCORE_URLS") is { Length: > 0 } urls)
            return urls;
        return Environment.GetEnvironmentVariable("ASPNETCORE_HTTP_PORTS") is { Length: > 0 } ports ? $"http://*:{ports.Split(';')[0]}" : null;
    }

    /// <returns>0 when the service is ready, 1 when it is not or does not answer.</returns>
    public static async Task<int> RunAsync(int port)
    {
        var urls = (ConfiguredUrls() ?? DefaultUrl(port)).Split(';');
        var url = (urls.FirstOrDefault(u => u.StartsWith("http:", StringComparison.OrdinalIgnoreCase)) ?? urls[0]).TrimEnd('/');
        foreach (var any in new[] { "*", "+", "0.0.0.0", "[::]" })
            url = AnyHost(any).Replace(url, "//127.0.0.1");
        using var handler = new HttpClientHandler();
        // Its certificate is for the name by which others call this machine.
        if (Uri.TryCreate(url, UriKind.Absolute, out var own) && own.IsLoopback)
            handler.ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator;
        using var client = new HttpClient(handler) { Timeout = Patience };
        try
        {
            using var response = await client.GetAsync(new Uri($"{url}/health/ready"));
            Console.WriteLine(await response.Content.ReadAsStringAsync());
            return response.IsSuccessStatusCode ? ExitCodes.Success : ExitCodes.Failed;
        }
        catch (Exception unreachable) when (unreachable is HttpRequestException or TaskCanceledException or UriFormatException)
        {
            await Console.Error.WriteLineAsync($"{url} does not answer: {unreachable.Message}");
            return ExitCodes.Failed;
        }
    }

    private static Regex AnyHost(string name) => new($@"//{Regex.Escape(name)}(?=:|$)");

    public static Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        var text = new StringBuilder(report.Status == HealthStatus.Healthy ? "ready" : "not ready");
        foreach (var (_, entry) in report.Entries)
        {
            if (entry is { Status: not HealthStatus.Healthy, Description: { } description })
                text.Append(": ").Append(description);
        }

        return context.Response.WriteAsync(text.Append('\n').ToString());
    }
}
