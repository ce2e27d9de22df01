using System.Text;
using Ingest.Messaging;

namespace Ingest.UnitTests.Gateway;

/// <summary>One line as the framing rules see it: its number and its bytes, or, when it is too long, its length and first bytes.</summary>
internal sealed record FramedLine(long Number, bool TooLong, long Length, string Bytes)
{
    public static FramedLine Whole(long number, ReadOnlySpan<byte> line) =>
        new(number, false, line.Length, Encoding.Latin1.GetString(line));

    public static FramedLine Over(long number, ReadOnlySpan<byte> line) =>
        new(number, true, line.Length, Encoding.Latin1.GetString(line[..Math.Min(line.Length, Reject.PrefixBytes)]));
}

/// <summary>The framing rules once more, slow and over the whole input at once.</summary>
internal static class FramingOracle
{
    private const int CutBytes = 1024 * 1024;

    /// <param name="dropped">The part of a line at the end is no line: the source broke off.</param>
    public static (List<FramedLine> Lines, long LastLine) Lines(ReadOnlySpan<byte> bytes, int maxLineBytes, bool dropped = false)
    {
        var lines = new List<FramedLine>();
        var number = 0L;
        var rest = bytes;
        var mark = rest.StartsWith("\uFEFF"u8) ? 3 : 0;
        while (rest.Length > 0)
        {
            var lf = rest.IndexOf((byte)'\n');
            if (lf < 0 && dropped)
                break;
            var physical = lf < 0 ? rest : rest[..lf];
            rest = rest[(lf < 0 ? rest.Length : lf + 1)..];
            number++;
            var line = physical[mark..];
            if (lf >= 0 && line is [.., (byte)'\r'])
                line = line[..^1];

            // Where a blank line is too long for a batch, nobody waits to see whether it stays blank.
            var kept = physical.Length < Math.Max(CutBytes, maxLineBytes + 5);
            if (!kept || line.IndexOfAnyExcept(" \t\r"u8) >= 0)
                lines.Add(line.Length > maxLineBytes ? FramedLine.Over(number, line) : FramedLine.Whole(number, line));
            mark = 0;
        }

        return (lines, number);
    }
}
