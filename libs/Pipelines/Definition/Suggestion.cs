namespace Ingest.Pipelines.Definition;

/// <summary>What an unknown word was probably meant to be, and how a message says so.</summary>
public static class Suggestion
{
    private const int LongestWord = 64;

    /// <summary><c>did you mean 'columns'?</c> when a name is near, otherwise what there is to choose from.</summary>
    public static string For(string word, IEnumerable<string> names, string allOfThem) =>
        Nearest(word, names) is { } name ? $"did you mean '{name}'?" : allOfThem;

    /// <summary>The name that differs in case only, or else by at most a third of its characters.</summary>
    public static string? Nearest(string word, IEnumerable<string> names)
    {
        if (word.Length > LongestWord)
            return null;
        var best = names
            .Select(name => (Name: name, Distance: Distance(word.ToLowerInvariant(), name.ToLowerInvariant())))
            .DefaultIfEmpty((Name: "", Distance: int.MaxValue))
            .MinBy(candidate => candidate.Distance);
        return best.Distance <= Math.Max(1, best.Name.Length / 3) && best.Distance < word.Length ? best.Name : null;
    }

    /// <summary>Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).</summary>
    private static int Distance(string a, string b)
    {
        var table = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    table[i, j] = i + j;
                    continue;
                }

                var cost = a[i - 1] == b[j - 1] ? 0 : 1;
                var best = Math.Min(Math.Min(table[i - 1, j], table[i, j - 1]) + 1, table[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    best = Math.Min(best, table[i - 2, j - 2] + 1);
                table[i, j] = best;
            }
        }

        return table[a.Length, b.Length];
    }
}
