namespace Ingest.EndToEnd;

/// <summary>What the command line says.</summary>
internal sealed record Options
{
    /// <summary>A file of comments, or how many to generate; null for the usual number.</summary>
    public string? Input { get; init; }

    public bool Json { get; init; }

    /// <summary>One run of a smaller input.</summary>
    public bool Quick { get; init; }

    public int Runs { get; init; }

    /// <summary>Workloads whose names begin so, with those that they are compared with; none means all.</summary>
    public IReadOnlyList<string> Only { get; init; } = [];

    /// <summary>GB to stream through the services while their memory is watched; 0 for none.</summary>
    public double StreamGigabytes { get; init; }

    /// <summary>Draw the curves instead of measuring the table.</summary>
    public bool Curves { get; init; }
}
