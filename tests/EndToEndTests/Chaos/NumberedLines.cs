using System.Text;

namespace Ingest.EndToEndTests.Chaos;

/// <summary>Lines whose number says what has to become of them: most are rows, some are filtered, a few are malformed.</summary>
internal static class NumberedLines
{
    /// <summary>What a pipeline makes of them.</summary>
    public const string Definition =
        """
        where: keep == true
        columns:
          p: integer
          run: { type: integer, required: true }
          n: bigint
          pad: text
        """;

    /// <summary>The same rules for the database, over a number <c>n</c>.</summary>
    public const string IsFilteredSql = "n % 10 = 3";

    /// <inheritdoc cref="IsFilteredSql"/>
    public const string IsMalformedSql = "n % 1000 = 7";

    private static readonly string Padding = new('x', 100);

    public static byte[] Text(int producer, int run, long first, int count)
    {
        var text = new StringBuilder();
        for (var n = first; n < first + count; n++)
            text.Append(Line(producer, run, n)).Append('\n');
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static string Line(int producer, int run, long n)
    {
        var begin = $$"""{"p":{{producer}},"run":{{run}},"n":{{n}},""";
        return n % 1000 == 7 ? begin + "broken" : $$"""{{begin}}"keep":{{(n % 10 == 3 ? "false" : "true")}},"pad":"{{Padding[..(int)(n % 100)]}}"}""";
    }
}
