namespace Ingest.TestSupport;

/// <summary>Where this machine keeps the programs that tests use.</summary>
internal static class NativeTools
{
    private const string Debian = "/usr/lib/postgresql";

    public static string? NewestPostgres() => !Directory.Exists(Debian) ? null : Directory.EnumerateDirectories(Debian)
        .Where(folder => File.Exists(Path.Combine(folder, "bin", "initdb")))
        .Select(folder => (Version: int.TryParse(Path.GetFileName(folder), out var version) ? version : 0, folder))
        .OrderByDescending(found => found.Version)
        .Select(found => Path.Combine(found.folder, "bin"))
        .FirstOrDefault();

    public static string? OnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, program))
        .FirstOrDefault(File.Exists);
}
