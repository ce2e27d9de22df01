using Ingest.ServiceDefaults;
using Microsoft.Win32.SafeHandles;

namespace Ingest.Cli.Load;

/// <summary>A file, plain or compressed, or standard input.</summary>
internal sealed class InputFile : LoadInput
{
    private const int LargestRead = 256 * 1024;
    private readonly string _path;
    private FileStream? _file;

    private InputFile(string name, string path) => (Name, _path) = (name, path);

    public override string Name { get; }

    public override string LiveName => "stdin";

    /// <summary>The same file has the same path, wherever it is loaded from.</summary>
    public override string? Identity => IsStandardInput ? null : _path;

    public bool IsStandardInput => Name == "-";

    public override double? Share => _file is { CanSeek: true, Length: > 0 and var length } ? (double)_file.Position / length : null;

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
