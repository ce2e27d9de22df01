using Ingest.SimulationTests.Scheduling;

namespace Ingest.SimulationTests;

/// <summary>Which faults a run has and how often; each seed draws its own, so that most faults also meet alone.</summary>
internal sealed class FaultProfile(Random random, HashSet<Encounter> met)
{
    /// <summary>Faults end here; from then on everything must come to its end.</summary>
    public static readonly TimeSpan Calm = TimeSpan.FromMinutes(4);

    private bool _calm;

    public double Nack { get; } = Some(random, 0.2);

    public double PublishLost { get; } = Some(random, 0.2);

    public double ConfirmLost { get; } = Some(random, 0.2);

    public double StoredLate { get; } = Some(random, 0.2);

    public double Reorder { get; } = Some(random, 0.8);

    public double ChannelClosed { get; } = Some(random, 0.1);

    public double ConsumerLost { get; } = Some(random, 0.05);

    public double StoreAway { get; } = Some(random, 0.2);

    public double CommitLost { get; } = Some(random, 0.2);

    public double CommittedUnknown { get; } = Some(random, 0.2);

    public double NoticeLost { get; } = Some(random, 0.9);

    public double NoticeDoubled { get; } = Some(random, 0.5);

    public double Crash { get; } = Some(random, 1);

    public double Freeze { get; } = Some(random, 1);

    public double Drain { get; } = Some(random, 0.7);

    public double BrokerBlocked { get; } = Some(random, 1);

    public double StoreRefuses { get; } = Some(random, 1);

    public double RollOut { get; } = Some(random, 1);

    public double ClockJump { get; } = Some(random, 1);

    /// <summary>Longest usual delay of anything that travels.</summary>
    public TimeSpan Latency { get; } = TimeSpan.FromMilliseconds(random.Next(3) switch { 0 => 2, 1 => 30, _ => 400 });

    public bool IsCalm => _calm;

    public void CalmDown() => _calm = true;

    public bool Strikes(double chance, Encounter fault, Random chances)
    {
        var strikes = chances.NextDouble() < chance && !_calm;
        if (strikes)
            met.Add(fault);
        return strikes;
    }

    public TimeSpan Delay(Random chances) => Latency * (0.05 + (0.95 * chances.NextDouble()));

    private static double Some(Random random, double most)
    {
        var (present, intensity) = (random.NextDouble() < 0.4, random.NextDouble());
        return present ? most * (0.1 + (0.9 * intensity)) : 0;
    }
}
