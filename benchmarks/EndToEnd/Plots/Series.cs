namespace Ingest.EndToEnd.Plots;

/// <summary>One line of a chart.</summary>
internal sealed record Series(string Name, IReadOnlyList<(double X, double Y)> Points);

/// <summary>What a chart shows.</summary>
/// <param name="XAxis">What is varied, with its unit.</param>
/// <param name="YAxis">What is measured, with its unit.</param>
internal sealed record Chart(string File, string Title, string XAxis, string YAxis, IReadOnlyList<Series> Series);
