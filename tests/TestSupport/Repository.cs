namespace Ingest.TestSupport;

/// <summary>Where this repository and its build output lie.</summary>
public static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>The file of the repository with this path, which uses <c>/</c> and begins at the root.</summary>
    public static string File(string path) => Path.Combine(Root, path);

    /// <summary>The built assembly of a project, in the configuration that the tests were built in.</summary>
    public static string Assembly(string project)
    {
        // artifacts/bin/PROJECT/CONFIGURATION/
        var ours = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var name = project == "Cli" ? "ingest.dll" : $"Ingest.{project}.dll";
        var path = Path.Combine(ours.Parent!.Parent!.FullName, project, ours.Name, name);
        return System.IO.File.Exists(path) ? path : throw new FileNotFoundException($"{project} is not built.", path);
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (System.IO.File.Exists(Path.Combine(folder.FullName, "Ingest.sln")))
                return folder.FullName;
        }
        throw new DirectoryNotFoundException($"No Ingest.sln above {AppContext.BaseDirectory}.");
    }
}
