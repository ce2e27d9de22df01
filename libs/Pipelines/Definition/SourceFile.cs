using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Ingest.Pipelines.Definition;

/// <summary>Reads a definition's bytes and makes sure that they are text.</summary>
internal static class SourceFile
{
    public const int LargestFileBytes = 1024 * 1024;

    /// <summary>The file's text without a byte order mark, or null after a mistake.</summary>
    public static SourceText? Read(string path, Mistakes mistakes)
    {
        if (Directory.Exists(path))
        {
            mistakes.Add((1, 1), "this is a folder; name a file in it");
            return null;
        }

        byte[] bytes;
        try
        {
            bytes = ReadAtMost(path, LargestFileBytes + 1);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            mistakes.Add((1, 1), "this file or folder does not exist; check the path");
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            mistakes.Add((1, 1), $"this file cannot be read: {exception.Message}");
            return null;
        }

        if (bytes.Length > LargestFileBytes)
        {
            mistakes.Add((1, 1), "this file is larger than 1 MiB, which no definition needs; check the path");
            return null;
        }

        return Decode(bytes, mistakes);
    }

    private static byte[] ReadAtMost(string path, int limit)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var buffer = new byte[limit];
        var length = file.ReadAtLeast(buffer, limit, throwOnEndOfStream: false);
        return buffer[..length];
    }

    private static SourceText? Decode(ReadOnlySpan<byte> bytes, Mistakes mistakes)
    {
        if (bytes.StartsWith("\uFEFF"u8))
            bytes = bytes[3..];
        var chars = new char[bytes.Length];
        var status = Utf8.ToUtf16(bytes, chars, out _, out var written, replaceInvalidSequences: false);
        var source = new SourceText(new string(chars, 0, written));
        if (status == OperationStatus.Done)
            return source;

        mistakes.Add(source.PositionAt(written), "this byte is not UTF-8; save the file as UTF-8");
        return null;
    }
}
