using System.IO.Compression;
using Ingest.Pipelines.Definition;
using Ingest.ServiceDefaults;
using Microsoft.Win32.SafeHandles;

namespace Ingest.Cli.Load;

/// <summary>One input of a load: a file, plain or compressed, or standard input.</summary>
internal sealed class InputFile
{
    private static readonly (byte[] Magic, string Format, string Tool)[] Formats =
    [
        ([0x1f, 0x8b], "gzip", ""),
        ([0x28, 0xb5, 0x2f, 0xfd], "zstd", "zstd -dc"),
        ([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], "xz", "xz -dc"),
        ("BZh"u8.ToArray(), "bzip2", "bzip2 -dc"),
        ([0x04, 0x22, 0x4d, 0x18], "lz4", "lz4 -dc"),
    ];

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

    /// <summary>The content, decompressed unless the definition forbids it.</summary>
    /// <exception cref="StartupException">The file cannot be opened, or is compressed in a way that is not read yet.</exception>
    public async Task<Stream> OpenAsync(Decompression decompression, CancellationToken cancellationToken)
    {
        Stream stream;
        try
        {
            _file = IsStandardInput
                ? new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 0)
                : new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0, FileOptions.SequentialScan);
            stream = _file.CanSeek ? _file : new PipeInput(_file, LargestRead);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"{Name} cannot be opened: {refused.Message}");
        }

        if (decompression == Decompression.None)
            return stream;
        var peeked = new PeekedStream(stream);
        var format = await RecognizeAsync(peeked, cancellationToken);
        if (format.Format is null)
            return peeked;
        if (format.Format == "gzip")
            return new GZipStream(peeked, CompressionMode.Decompress);
        throw new StartupException(
            $"{Name} is {format.Format}-compressed, which load does not read yet; run: {format.Tool} {Name} | ingest load - …");
    }

    private static async Task<(string? Format, string? Tool)> RecognizeAsync(PeekedStream stream, CancellationToken cancellationToken)
    {
        while (true)
        {
            var start = stream.Peeked;
            foreach (var (magic, format, tool) in Formats)
            {
                if (start.Span.StartsWith(magic))
                    return (format, tool);
            }

            var undecided = Formats.Any(f => start.Length < f.Magic.Length && f.Magic.AsSpan().StartsWith(start.Span));
            if (!undecided || !await stream.PeekMoreAsync(cancellationToken))
                return (null, null);
        }
    }
}
