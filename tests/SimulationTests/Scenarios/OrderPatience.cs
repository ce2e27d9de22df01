using Ingest.Writer;

namespace Ingest.SimulationTests.Scenarios;

/// <summary>How long a writer's batch waits for those of its source that come before it.</summary>
/// <param name="Usual">While there is room.</param>
/// <param name="WhenFull">While others wait for room.</param>
internal sealed record OrderPatience(TimeSpan Usual, TimeSpan WhenFull)
{
    private static readonly WriterOptions Defaults = new();

    /// <summary>
    /// Faults delay a batch for longer than a batch behind it would wait. Where even that ends, lines come out of order, as
    /// they are meant to; what was cut otherwise before never comes.
    /// </summary>
    public static OrderPatience LongerThanFaultsLast { get; } = new(TimeSpan.FromMinutes(25), TimeSpan.FromMinutes(25));

    public static OrderPatience AsDelivered { get; } = new(Defaults.OrderPatience, Defaults.OrderPatienceWhenFull);
}
