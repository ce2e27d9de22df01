using Ingest.ServiceDefaults;

namespace Ingest.Cli.Load;

/// <summary>
/// The files that a pattern means which the shell did not expand: a <see cref="NamePattern"/> for each part of the path, and
/// <c>**</c> for any number of folders, but for hidden ones and links. Folders themselves are not among them.
/// </summary>
internal sealed class FilePattern
{
    private const string AnyFolders = "**";

    private readonly string _root;
    private readonly string[] _parts;
    private readonly SortedSet<string> _found = new(StringComparer.Ordinal);

    /// <summary>Where it has looked, with how much of the pattern left: several <c>**</c> lead to the same places.</summary>
    private readonly HashSet<(string Folder, int Part)> _seen = [];

    private FilePattern(string pattern)
    {
        _root = Path.GetPathRoot(pattern) ?? "";
        _parts = pattern[_root.Length..].Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries);
    }

    /// <returns>Paths as the pattern spells them, in the order of their characters; none where nothing matches.</returns>
    /// <exception cref="StartupException">A folder that it goes through cannot be read.</exception>
    public static IReadOnlyCollection<string> Find(string pattern)
    {
        var files = new FilePattern(pattern);
        try
        {
            files.Look(files._root, 0);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"{pattern} cannot be looked for: {refused.Message}");
        }

        return files._found;
    }

    private void Look(string folder, int index)
    {
        if (!_seen.Add((folder, index)))
            return;
        var (part, isLast) = (_parts[index], index == _parts.Length - 1);
        if (part == AnyFolders)
        {
            if (isLast)
                Take(folder, new NamePattern("*"));
            else
                Look(folder, index + 1);
            foreach (var below in Folders(folder).Where(f => !f.Name.StartsWith('.') && f.LinkTarget is null))
                Look(Path.Combine(folder, below.Name), index);
        }
        else if (!NamePattern.IsIn(part))
        {
            var path = Path.Combine(folder, part);
            if (isLast && File.Exists(path))
                _found.Add(path);
            else if (!isLast && Directory.Exists(path))
                Look(path, index + 1);
        }
        else if (isLast)
        {
            Take(folder, new NamePattern(part));
        }
        else
        {
            var pattern = new NamePattern(part);
            foreach (var below in Folders(folder).Where(f => pattern.Matches(f.Name)))
                Look(Path.Combine(folder, below.Name), index + 1);
        }
    }

    private void Take(string folder, NamePattern pattern) =>
        _found.UnionWith(Here(folder).EnumerateFiles().Where(f => pattern.Matches(f.Name)).Select(f => Path.Combine(folder, f.Name)));

    private static IEnumerable<DirectoryInfo> Folders(string folder) => Here(folder).EnumerateDirectories();

    private static DirectoryInfo Here(string folder) => new(folder.Length == 0 ? "." : folder);
}
