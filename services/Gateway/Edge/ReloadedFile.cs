using System.Security.Cryptography;
using Ingest.ServiceDefaults;
using Microsoft.Extensions.Logging;

namespace Ingest.Gateway.Edge;

/// <summary>
/// Something that is read from files, and read again when they have changed, which whoever asks for it finds out: no
/// timer runs, and no watcher misses a folder that is swapped as a whole. What cannot be read leaves it as it was.
/// </summary>
internal sealed partial class ReloadedFile<T> where T : class
{
    private const int PauseMilliseconds = 1000;

    private readonly string _setting;
    private readonly string[] _paths;
    private readonly Func<T> _read;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private (DateTime Written, long Length)[] _stamps;

    /// <summary>Of what was of no use when it was read last, and when it is looked at again.</summary>
    private ((DateTime Written, long Length)[] Stamps, long Again)? _unusable;
    private T _current;

    /// <param name="setting">Which setting names the files, for messages.</param>
    /// <param name="paths">The files.</param>
    /// <param name="read">Reads them.</param>
    /// <param name="logger">Where it says that it read them again.</param>
    /// <exception cref="StartupException">They cannot be read.</exception>
    public ReloadedFile(string setting, string[] paths, Func<T> read, ILogger logger)
    {
        (_setting, _paths, _read, _logger) = (setting, paths, read, logger);
        try
        {
            _stamps = Stamps();
            _current = read();
        }
        catch (Exception fault) when (IsUnusable(fault))
        {
            throw new StartupException($"{setting}: {string.Join(" with ", paths)} cannot be used: {fault.Message}", ExitCodes.BadConfiguration);
        }
    }

    public T Current
    {
        get
        {
            lock (_lock)
            {
                ReadAgain();
                return _current;
            }
        }
    }

    private void ReadAgain()
    {
        (DateTime Written, long Length)[] stamps = [];
        try
        {
            stamps = Stamps();
            if (stamps.AsSpan().SequenceEqual(_stamps))
                return;
            // Who may read it can change without a trace in the stamps.
            if (_unusable is { } before && stamps.AsSpan().SequenceEqual(before.Stamps) && Environment.TickCount64 < before.Again)
                return;
            _current = _read();
            (_stamps, _unusable) = (stamps, null);
            LogReadAgain(_setting);
        }
        catch (Exception fault) when (IsUnusable(fault))
        {
            if (_unusable is not { } before || !stamps.AsSpan().SequenceEqual(before.Stamps))
                LogUnusable(_setting, fault.Message);
            _unusable = (stamps, Environment.TickCount64 + PauseMilliseconds);
        }
    }

    private (DateTime Written, long Length)[] Stamps() => [.. _paths.Select(path =>
    {
        if (!File.Exists(path))
            return (default, -1);
        // A link's own time says nothing of the file.
        var file = File.ResolveLinkTarget(path, returnFinalTarget: true) as FileInfo ?? new FileInfo(path);
        return (file.LastWriteTimeUtc, file.Length);
    })];

    private static bool IsUnusable(Exception fault) =>
        fault is IOException or UnauthorizedAccessException or InvalidDataException or CryptographicException or ArgumentException;

    [LoggerMessage(Level = LogLevel.Information, Message = "{Setting} has changed and was read again")]
    private partial void LogReadAgain(string setting);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Setting} has changed and cannot be used, what it said before still holds: {Reason}")]
    private partial void LogUnusable(string setting, string reason);
}
