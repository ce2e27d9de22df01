using Xunit;

namespace Ingest.TestSupport;

/// <summary>The folder <c>shared</c> beside the repository: data too large or too foreign to be part of it.</summary>
public static class SharedFolder
{
    /// <summary>The path of a file or folder in it, such as <c>cases/framing.json</c>; null when it is not there.</summary>
    public static string? File(string path)
    {
        var full = Path.GetFullPath(Path.Combine(Repository.Root, "..", "shared", path));
        return Path.Exists(full) ? full : null;
    }

    /// <summary>The same, and the running test is skipped when it is not there.</summary>
    public static string FileOrSkip(string path)
    {
        var full = File(path);
        Assert.SkipWhen(full is null, $"shared/{path} is not beside the repository.");
        return full;
    }
}
