using System.Globalization;

namespace Ingest.EndToEndTests.Chaos;

/// <summary>How long a run is, how much it sends and which faults it draws.</summary>
/// <param name="Time">How long there are faults, about.</param>
/// <param name="Lines">Lines of each producer.</param>
/// <param name="Seed">The same seed draws the same faults.</param>
internal sealed record ChaosSettings(TimeSpan Time, int Lines, int Seed)
{
    private const int LinesPerMinute = 100_000;

    /// <summary>
    /// <c>INGEST_CHAOS_MINUTES</c> (1), <c>INGEST_CHAOS_LINES</c> (100,000 for each minute) and <c>INGEST_CHAOS_SEED</c>.
    /// </summary>
    public static ChaosSettings FromEnvironment()
    {
        var minutes = Number("INGEST_CHAOS_MINUTES") ?? 1;
        return new ChaosSettings(
            TimeSpan.FromMinutes(minutes),
            (int)(Number("INGEST_CHAOS_LINES") ?? minutes * LinesPerMinute),
            (int)(Number("INGEST_CHAOS_SEED") ?? Environment.TickCount & 0xFFFF));
    }

    private static double? Number(string variable) =>
        double.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
}
