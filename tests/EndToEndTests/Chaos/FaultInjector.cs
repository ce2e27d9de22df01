namespace Ingest.EndToEndTests.Chaos;

/// <summary>
/// Draws one fault after the other for its victims. A fault lasts, and peace after it, until so many receipts have come or so
/// much time has passed, both drawn too. Two injectors side by side make faults that overlap.
/// </summary>
/// <param name="victims">Whom it strikes.</param>
/// <param name="random">What it draws from.</param>
/// <param name="mostBetween">The longest time from one fault's end to the next.</param>
/// <param name="tally">Where it says what it does and sees what the producers get.</param>
internal sealed class FaultInjector(IReadOnlyList<Victim> victims, Random random, TimeSpan mostBetween, Tally tally)
{
    private const int MostReceipts = 6;
    private static readonly TimeSpan MostAway = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FewestPaused = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MostPaused = TimeSpan.FromSeconds(8);

    /// <summary>Strikes until it is told to stop; by then everything runs again.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        if (victims.Count == 0)
            return;
        while (await WaitAsync(Draw(TimeSpan.Zero, mostBetween), stopping))
            await StrikeAsync(victims[random.Next(victims.Count)], stopping);
    }

    private async Task StrikeAsync(Victim victim, CancellationToken stopping)
    {
        // Half of all faults are kills.
        switch (random.Next(4))
        {
            case 0:
                var pause = Draw(FewestPaused, MostPaused);
                tally.Struck(victim.Name, "pause", $"for {pause.TotalSeconds:0.0} s at most");
                await victim.PauseAsync();
                await WaitAsync(pause, stopping);
                await victim.ResumeAsync();
                break;
            case 1:
                tally.Struck(victim.Name, "stop");
                if (await victim.StopAsync() is { } problem)
                    tally.Violated(problem);
                await ComeBackAsync();
                break;
            default:
                tally.Struck(victim.Name, "kill");
                await victim.KillAsync();
                await ComeBackAsync();
                break;
        }

        async Task ComeBackAsync()
        {
            await WaitAsync(Draw(TimeSpan.Zero, MostAway), stopping);
            await victim.StartAsync();
            tally.Log($"{victim.Name} is back");
        }
    }

    private TimeSpan Draw(TimeSpan least, TimeSpan most) => least + (most - least) * random.NextDouble();

    /// <returns>Whether to go on.</returns>
    private async Task<bool> WaitAsync(TimeSpan atMost, CancellationToken stopping)
    {
        await tally.Receipts.ReachAsync(tally.Receipts.Count + random.Next(1, MostReceipts), atMost, stopping);
        return !stopping.IsCancellationRequested;
    }
}
