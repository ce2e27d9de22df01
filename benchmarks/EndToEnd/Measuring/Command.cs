namespace Ingest.EndToEnd.Measuring;

/// <summary>A program to run.</summary>
/// <param name="Name">What it is called in a report.</param>
/// <param name="Words">The program's path and its arguments.</param>
internal sealed record Command(string Name, params string[] Words)
{
    /// <summary>Added to the environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}
