using CsCheck;
using Ingest.Writer;

namespace Ingest.UnitTests.Writer;

public sealed class FaultFinderTests
{
    private static readonly Gen<(int Rows, int[] Bad)> RowsWithBadOnes =
        from rows in Gen.Int[1, 2000]
        from bad in Gen.Int[0, rows - 1].Array[1, 60]
        select (rows, bad.Distinct().Order().ToArray());

    [Fact]
    public Task With_hints_the_same_rows_are_found() => RowsWithBadOnes.SampleAsync(async sample =>
    {
        var (rows, bad) = sample;
        List<int> written = [];
        var finder = new FaultFinder<string>(
            range => Task.FromResult(Attempt(range, bad, written) is null ? null : $"{bad.First(b => b >= range.From) - range.From}"),
            range => Task.FromResult(Attempt(range, bad, [])),
            false,
            fault => int.TryParse(fault, out var likely) ? likely : null);
        Assert.True(await finder.RunAsync(new RowRange(0, rows), $"{bad[0]}"));
        Assert.Equal(bad, finder.Faults.Select(f => f.Row));
        Assert.Equal(Enumerable.Range(0, rows).Except(bad), written);
    });

    [Fact]
    public Task Exactly_the_bad_rows_are_found_and_the_others_written_once_in_order() => RowsWithBadOnes.SampleAsync(async sample =>
    {
        var (rows, bad) = sample;
        List<int> written = [];
        var finder = new FaultFinder<string>(range => Task.FromResult(Attempt(range, bad, written)), range => Task.FromResult(Attempt(range, bad, [])), false);
        Assert.True(await finder.RunAsync(new RowRange(0, rows), "all"));
        Assert.Equal(bad, finder.Faults.Select(f => f.Row));
        Assert.Equal(Enumerable.Range(0, rows).Except(bad), written);
        Assert.Equal(written.Count, finder.Passed);
    });

    [Fact]
    public async Task One_bad_row_of_ten_thousand_costs_few_attempts()
    {
        var (attempts, rows) = (0, 0);
        var finder = new FaultFinder<string>(
            range =>
            {
                (attempts, rows) = (attempts + 1, rows + range.Count);
                return Task.FromResult(Attempt(range, [7777], []));
            },
            _ => throw new InvalidOperationException(),
            false);
        Assert.True(await finder.RunAsync(new RowRange(0, 10_000), "all"));
        Assert.InRange(attempts, 1, 64);
        Assert.InRange(rows, 9_999, 12_000);
    }

    [Fact]
    public async Task When_no_row_passes_it_gives_up_after_a_few()
    {
        var (attempts, probes) = (0, 0);
        var finder = new FaultFinder<string>(
            range => Task.FromResult<string?>($"{++attempts}"), range => Task.FromResult<string?>($"{++probes}"), false);
        Assert.False(await finder.RunAsync(new RowRange(0, 10_000), "all"));
        Assert.InRange(attempts, FaultFinder<string>.Few, 2 * FaultFinder<string>.Few);
        Assert.InRange(probes, 50, FaultFinder<string>.Few + 1);
    }

    private static string? Attempt(RowRange range, int[] bad, List<int> written)
    {
        if (bad.Any(row => row >= range.From && row < range.To))
            return "bad";
        written.AddRange(Enumerable.Range(range.From, range.Count));
        return null;
    }
}
