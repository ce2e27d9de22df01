using System.Text;

namespace Ingest.Cli.Load;

/// <summary>
/// A file name's pattern as a shell has it (POSIX.1-2024, XCU 2.14): <c>*</c>, <c>?</c>, <c>[a-z]</c>, <c>[!a-z]</c>. A name
/// that begins with a dot is meant only by a pattern that does. There is no escape: <c>[*]</c> stands for the star itself.
/// </summary>
internal sealed class NamePattern
{
    private readonly List<Part> _parts = [];
    private readonly bool _meansHidden;

    public NamePattern(string pattern)
    {
        _meansHidden = pattern.StartsWith('.');
        Rune[] runes = [.. pattern.EnumerateRunes()];
        for (var at = 0; at < runes.Length;)
            _parts.Add(Read(runes, ref at));
    }

    /// <summary>Whether a text holds anything that a shell would expand.</summary>
    public static bool IsIn(string text) => text.AsSpan().IndexOfAny("*?[") >= 0;

    /// <summary>Takes no longer than the lengths of both multiplied.</summary>
    public bool Matches(string name)
    {
        if (name.StartsWith('.') && !_meansHidden)
            return false;
        Rune[] runes = [.. name.EnumerateRunes()];

        // Only the last star may take more: what an earlier one took stands, since the part after it was found already.
        var (at, part, star, taken) = (0, 0, -1, 0);
        while (at < runes.Length)
        {
            if (part < _parts.Count && _parts[part].IsStar)
            {
                (star, taken) = (part++, at);
            }
            else if (part < _parts.Count && _parts[part].Matches(runes[at]))
            {
                (at, part) = (at + 1, part + 1);
            }
            else if (star >= 0)
            {
                (at, part) = (++taken, star + 1);
            }
            else
            {
                return false;
            }
        }

        return _parts.Skip(part).All(p => p.IsStar);
    }

    private static Part Read(Rune[] pattern, ref int at)
    {
        var rune = pattern[at++];
        switch (rune.Value)
        {
            case '*':
                return new Part(IsStar: true, Negated: false, []);
            case '?':
                return new Part(IsStar: false, Negated: true, []);
            case '[':
                // Right after the bracket its end stands for itself; without an end the bracket does.
                var first = at < pattern.Length && pattern[at].Value is '!' or '^' ? at + 1 : at;
                var end = first + 1 < pattern.Length ? Array.IndexOf(pattern, new Rune(']'), first + 1) : -1;
                if (end < 0)
                    break;
                var set = new Part(IsStar: false, Negated: first > at, ReadRanges(pattern.AsSpan(first, end - first)));
                at = end + 1;
                return set;
        }

        return new Part(IsStar: false, Negated: false, [(rune, rune)]);
    }

    private static List<(Rune From, Rune To)> ReadRanges(ReadOnlySpan<Rune> set)
    {
        List<(Rune, Rune)> ranges = [];
        for (var at = 0; at < set.Length;)
        {
            var isRange = at + 2 < set.Length && set[at + 1].Value == '-';
            ranges.Add((set[at], set[isRange ? at + 2 : at]));
            at += isRange ? 3 : 1;
        }

        return ranges;
    }

    /// <summary>Any number of characters, or one that is in the ranges, or in none of them.</summary>
    private readonly record struct Part(bool IsStar, bool Negated, List<(Rune From, Rune To)> Ranges)
    {
        public bool Matches(Rune rune) => Ranges.Exists(range => range.From <= rune && rune <= range.To) != Negated;
    }
}
