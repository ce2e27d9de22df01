using Ingest.ServiceDefaults;
using Microsoft.Win32.SafeHandles;

namespace Ingest.Cli.Load;

/// <summary>A file, plain or compressed, standard input, or a pipe of the shell's.</summary>
internal sealed class InputFile : LoadInput
{
    private const int LargestRead = 256 * 1024;
    private readonly string _path;
    private readonly string _key;
    private FileStream? _file;

    /// <param name="name">As the command line has it.</param>
    /// <param name="path">Where it is opened.</param>
    /// <param name="key">What no other input has.</param>
    /// <param name="file">What it is, where its path means the same another time.</param>
    private InputFile(string name, string path, string key, FileInfo? file = null) =>
        (Name, _path, _key, Identity, Size) = (name, path, key, file?.FullName, file?.Length);

    public override string Name { get; }

    public override string LiveName => IsStandardInput ? "stdin" : Name;

    /// <summary>The same file has the same path, wherever it is loaded from; standard input and a pipe of the shell's have none.</summary>
    public override string? Identity { get; }

    public bool IsStandardInput => Name == "-";

    public override long? Size { get; }

    public override double? Share => _file is { CanSeek: true, Length: > 0 and var length } ? (double)_file.Position / length : null;

    /// <summary>The files of a command line, patterns that the shell did not expand included; each once.</summary>
    /// <exception cref="StartupException">There is no such file, or standard input comes twice.</exception>
    public static InputFile[] FindAll(IReadOnlyCollection<string> names)
    {
        if (names.Count(name => name == "-") > 1)
            throw new StartupException("Standard input comes once; name - once.", ExitCodes.Usage);
        return [.. names.SelectMany(Expand).Select(Find).DistinctBy(file => file._key)];
    }

    private static IReadOnlyCollection<string> Expand(string name)
    {
        if (!NamePattern.IsIn(name) || Path.Exists(name))
            return [name];
        return FilePattern.Find(name) is { Count: > 0 } files ? files : throw new StartupException($"No file matches {name}.");
    }

    /// <summary>Under its other names, too, it is the same input.</summary>
    private static InputFile StandardInput => new("-", "-", Canonical(Environment.CurrentDirectory, "/dev/stdin"));

    private static InputFile Find(string name)
    {
        if (name == "-")
            return StandardInput;
        if (Directory.Exists(name))
            throw new StartupException($"{name} is a folder; name the files in it.");
        if (!File.Exists(name))
            throw new StartupException($"There is no file {name}.");
        try
        {
            var path = Canonical(Environment.CurrentDirectory, name);
            if (!IsDescriptor(path))
                return new InputFile(name, path, path, new FileInfo(path));
            return new InputFile(name, name, path);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // A link to what is not there exists, too.
            throw new StartupException($"{name} cannot be opened: {refused.Message}");
        }
    }

    /// <summary>Without links, in its folders neither: part by part, as the kernel goes, for <c>..</c> behind a link leads elsewhere.</summary>
    /// <param name="folder">Where a path that has no root begins, itself without links.</param>
    /// <param name="path">Of a file that is there, so that its links end.</param>
    private static string Canonical(string folder, string path)
    {
        var root = Path.GetPathRoot(path)!;
        var found = root.Length > 0 ? root : folder;
        foreach (var part in path[root.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == "..")
                found = Path.GetDirectoryName(found) ?? found;
            else if (part != ".")
                found = new FileInfo(Path.Combine(found, part)) is { LinkTarget: { } target } ? Canonical(found, target) : Path.Combine(found, part);
        }

        return found;
    }

    /// <summary>What the shell makes of <c>&lt;(command)</c>: a number of this process, which means something else in the next.</summary>
    private static bool IsDescriptor(string path) =>
        path.StartsWith("/proc/", StringComparison.Ordinal) || path.StartsWith("/dev/fd/", StringComparison.Ordinal);

    public override Stream Open()
    {
        try
        {
            _file = IsStandardInput
                ? new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 0)
                : new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0, FileOptions.SequentialScan);
            return _file.CanSeek ? _file : new PipeInput(_file, LargestRead);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"{Name} cannot be opened: {refused.Message}");
        }
    }
}
