namespace Ingest.TestSupport;

/// <summary>Where what is stored differs from PostgreSQL's answer on purpose, by the ids of shared/cases/casts.json.</summary>
public static class PostgresDifferences
{
    /// <summary>Cases whose answer is another by design.</summary>
    public static IReadOnlyDictionary<string, string> Refused { get; } = new Dictionary<string, string>
    {
        ["c132"] = "hexadecimal floats are refused",
        ["c258"] = "years before Christ are no ISO 8601",
        ["c286"] = "day and month depend on a setting of the server",
        ["c288"] = "day and month depend on a setting of the server",
        ["c292"] = "infinity is no time",
        ["c294"] = "now depends on when the line is written",
        ["c296"] = "epoch is no ISO 8601",
        ["c308"] = "names of places are no ISO 8601",
        ["c328"] = "infinity is no date",
        ["c332"] = "a number without a unit",
        ["c334"] = "Julian days are no ISO 8601",
    };

    /// <summary>Cases that PostgreSQL refuses and a repair makes storable.</summary>
    public static IReadOnlyDictionary<string, string> Repaired { get; } = new Dictionary<string, string>
    {
        ["c200"] = "a\uFFFDb",
        ["c204"] = "\uFFFD",
        ["c206"] = "\uFFFDx",
        ["c354"] = "{\"\\ufffd\":1}",
    };
}
