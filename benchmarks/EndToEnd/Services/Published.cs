using Ingest.TestSupport;

namespace Ingest.EndToEnd.Services;

/// <summary>The programs as they are delivered, which <c>run.sh</c> publishes: compiled ahead.</summary>
internal static class Published
{
    /// <param name="project">The project's name, which is its folder's.</param>
    /// <param name="program">The program's name.</param>
    /// <exception cref="FileNotFoundException">It is not published.</exception>
    public static string Program(string project, string program)
    {
        var path = Path.Combine(Repository.Root, "artifacts", "published", project, program);
        return File.Exists(path) ? path : throw new FileNotFoundException($"{project} is not published; benchmarks/run.sh does that.", path);
    }

    public static ServiceProcess StartService(string project, IReadOnlyDictionary<string, string?> environment) =>
        ServiceProcess.StartProgram(project, Program(project, $"Ingest.{project}"), [], environment);
}
