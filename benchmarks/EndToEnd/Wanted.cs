namespace Ingest.EndToEnd;

/// <summary>A figure that must hold.</summary>
/// <param name="What">What is compared, in words.</param>
/// <param name="Limit">The least or the most that it may be.</param>
/// <param name="AtLeast">Whether <paramref name="Limit"/> is the least.</param>
/// <param name="Peer">The workload that it is compared with; null when the figure stands alone.</param>
/// <param name="Measure">The figure, of this workload's summary and the peer's.</param>
internal sealed record Wanted(string What, double Limit, bool AtLeast, string? Peer, Func<Summary, Summary?, double?> Measure)
{
    /// <summary>Rows per second as a multiple of the peer's, each run against the peer's run beside it.</summary>
    public static Wanted Times(double limit, string peer) => new($"× {peer}", limit, AtLeast: true, peer, (ours, theirs) => theirs?.Of(ours));

    /// <summary>Time as a multiple of the peer's, each run against the peer's run beside it.</summary>
    public static Wanted TimesAsLong(double limit, string peer) =>
        new($"× as long as {peer}", limit, AtLeast: false, peer, (ours, theirs) => theirs is null ? null : ours.TimesAsLongAs(theirs));

    /// <summary>Processor seconds of all processes together for a GB of input.</summary>
    public static Wanted CpuPerGigabyte(double limit) => new("CPU s/GB", limit, AtLeast: false, null, (ours, _) => ours.CpuSecondsPerGigabyte);

    /// <summary>A figure of the workload's own.</summary>
    public static Wanted AtMost(double limit, string figure) =>
        new(figure, limit, AtLeast: false, null, (ours, _) => ours.Figures.TryGetValue(figure, out var value) ? value : null);

    public bool Holds(double measured) => AtLeast ? measured >= Limit : measured <= Limit;
}
