using Ingest.Messaging;

namespace Ingest.SimulationTests.Producers;

/// <summary>Lines as the bytes of one source. The oracle: it knows of each line what is to become of it.</summary>
internal sealed class ProducedText
{
    private ProducedText(string name, IReadOnlyList<ProducedLine> lines, byte[] bytes, int[] ends) =>
        (Name, Lines, Bytes, LineEnds) = (name, lines, bytes, ends);

    /// <summary>What the tags of its rows begin with.</summary>
    public string Name { get; }

    public IReadOnlyList<ProducedLine> Lines { get; }

    public byte[] Bytes { get; }

    /// <summary>Where each line's bytes end, its line end included.</summary>
    public int[] LineEnds { get; }

    /// <summary>Lines that are not blank.</summary>
    public int Count => Lines.Count(l => l.Kind != LineKind.Blank);

    /// <summary>A line's bytes without its line end.</summary>
    public ReadOnlySpan<byte> Line(int index)
    {
        var line = Bytes.AsSpan((index == 0 ? 0 : LineEnds[index - 1])..LineEnds[index]);
        return line is [.. var rest, (byte)'\n'] ? LineReader.Trim(rest) : line;
    }

    public string Tag(int index) => $"{Name}:{index + 1}";

    /// <param name="name">What the tags begin with.</param>
    /// <param name="lines">The lines.</param>
    /// <param name="terminated">Whether the last line has its line end.</param>
    public static ProducedText Of(string name, IReadOnlyList<ProducedLine> lines, bool terminated)
    {
        using var bytes = new MemoryStream();
        var ends = new int[lines.Count];
        for (var i = 0; i < lines.Count; i++)
        {
            bytes.Write(lines[i].Text($"{name}:{i + 1}"));
            if (i < lines.Count - 1 || terminated)
                bytes.Write((lines[i].Key & 7) == 0 ? "\r\n"u8 : "\n"u8);
            ends[i] = (int)bytes.Length;
        }

        return new ProducedText(name, lines, bytes.ToArray(), ends);
    }

    /// <summary>The same without its last bytes; a line that is cut inside is one that is not JSON.</summary>
    public ProducedText Truncate(int length)
    {
        var whole = LineEnds.Count(e => e <= length);
        var rest = length - (whole == 0 ? 0 : LineEnds[whole - 1]);
        var lines = Lines.Take(whole).ToList();
        var ends = LineEnds.Take(whole).ToList();
        if (rest > 0)
        {
            lines.Add(CutLine(whole, rest));
            ends.Add(length);
        }

        return new ProducedText(Name, lines, Bytes[..length], [.. ends]);
    }

    private ProducedLine CutLine(int index, int length)
    {
        var line = Lines[index];
        var text = line.Text(Tag(index));
        if (length >= text.Length)
            return line;
        return text.AsSpan(0, length).IndexOfAnyExcept((byte)' ') < 0
            ? line with { Kind = LineKind.Blank }
            : line with { Kind = LineKind.InvalidJson };
    }
}
