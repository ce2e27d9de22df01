using Ingest.ServiceDefaults;
using Microsoft.Win32.SafeHandles;

namespace Ingest.Cli.Load;

/// <summary>One input of a load: a file, plain or compressed, or standard input.</summary>
internal sealed class InputFile
{
    private const int LargestRead = 256 * 1024;
    private FileStream? _file;

    private InputFile(string name, string path) => (Name, Path) = (name, path);

    /// <summary>As the user wrote it.</summary>
    public string Name { get; }

    /// <summary>The same file has the same path, wherever it is loaded from.</summary>
    public string Path { get; }

    public bool IsStandardInput => Name == "-";

    /// <summary>How much of the file has been read, from 0 to 1; null where that is not known.</summary>
    public double? Share => _file is { CanSeek: true, Length: > 0 and var length } ? (double)_file.Position / length : null;

    /// <exception cref="StartupException">There is no such file.</exception>
    public static InputFile Find(string name)
    {
        if (name == "-")
            return new InputFile(name, name);
        if (Directory.Exists(name))
            throw new StartupException($"{name} is a folder; name the files in it.");
        if (!File.Exists(name))
            throw new StartupException($"There is no file {name}.");
        var path = System.IO.Path.GetFullPath(name);
        return new InputFile(name, File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path);
    }

    /// <summary>The bytes as they are.</summary>
    /// <exception cref="StartupException">The file cannot be opened.</exception>
    public Stream Open()
    {
        try
        {
            _file = IsStandardInput
                ? new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 0)
                : new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0, FileOptions.SequentialScan);
            return _file.CanSeek ? _file : new PipeInput(_file, LargestRead);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"{Name} cannot be opened: {refused.Message}");
        }
    }
}
