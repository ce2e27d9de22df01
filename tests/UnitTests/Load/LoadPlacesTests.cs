using Ingest.Cli.Load;
using Ingest.Compression;
using Ingest.Pipelines.Definition;
using Ingest.TestSupport;

namespace Ingest.UnitTests.Load;

public class LoadPlacesTests
{
    private static readonly DecompressionLimits Limits = new() { Bytes = 400, MaxWindowBytes = 100 };

    [Theory]
    [InlineData(10, 2, 2)]
    [InlineData(1, 2, 1)]
    [InlineData(10, 7, 4)]
    public void There_are_as_many_places_as_wanted_and_inputs_and_windows_in_memory(int inputs, int wanted, int places)
    {
        var plan = LoadPlaces.Plan(inputs, wanted, Numbers(), Limits);
        Assert.Equal((places, 400 / places), (plan.Count, plan.Decompression.Bytes));
        Assert.Equal(places < Math.Min(inputs, wanted), plan.Note is not null);
    }

    [Fact]
    public void Who_wants_more_at_a_time_is_told_the_setting() =>
        Assert.EndsWith("set Gateway__DecompressionBytes=700", LoadPlaces.Plan(10, 7, Numbers(), Limits).Note, StringComparison.Ordinal);

    [Fact]
    public void A_window_larger_than_all_memory_leaves_one_place() =>
        Assert.Equal(1, LoadPlaces.Plan(10, 4, Numbers(), Limits with { MaxWindowBytes = 1000 }).Count);

    [Fact]
    public void Where_later_rows_replace_earlier_ones_inputs_go_one_after_another() =>
        Assert.Equal((1, null), LoadPlaces.Plan(10, 4, Numbers("key: n\non_duplicate: update"), Limits) is var plan ? (plan.Count, plan.Note) : default);

    [Fact]
    public async Task So_many_are_under_way_at_a_time_and_begin_in_their_order()
    {
        List<int> begun = [];
        List<TaskCompletionSource<string?>> open = [];
        var all = new LoadPlaces(2, Limits).ForEachAsync([0, 1, 2, 3], Load, _ => { }, CancellationToken.None, CancellationToken.None);
        await UntilAsync(() => open.Count == 2);
        open[1].SetResult(null);
        await UntilAsync(() => open.Count == 3);
        open[0].SetResult(null);
        open[2].SetResult(null);
        await UntilAsync(() => open.Count == 4);
        open[3].SetResult(null);
        await all;
        Assert.Equal([0, 1, 2, 3], begun.Order());
        Assert.Equal([2, 3], begun[2..]);

        Task<string?> Load(int input, CancellationToken stopping, CancellationToken aborting)
        {
            lock (begun)
            {
                begun.Add(input);
                open.Add(new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously));
                return open[^1].Task;
            }
        }
    }

    [Fact]
    public async Task What_goes_wrong_with_one_does_not_stop_the_others_and_is_told_in_their_order()
    {
        List<string> errors = [];
        await new LoadPlaces(3, Limits).ForEachAsync(
            ["a", "", "b", "", "c"], (input, _, _) => Task.FromResult(input.Length > 0 ? input : null), errors.Add, CancellationToken.None, CancellationToken.None);
        Assert.Equal(["a", "b", "c"], errors);
    }

    [Fact]
    public async Task After_a_stop_no_other_begins_and_one_that_waits_for_its_first_byte_is_no_error()
    {
        using var stopping = new CancellationTokenSource();
        List<int> begun = [];
        await new LoadPlaces(1, Limits).ForEachAsync(
            [0, 1],
            async (input, stop, _) =>
            {
                begun.Add(input);
                await stopping.CancelAsync();
                await Task.Delay(Timeout.Infinite, stop);
                return null;
            },
            Assert.Fail,
            stopping.Token,
            CancellationToken.None);
        Assert.Equal([0], begun);
    }

    [Fact]
    public async Task A_load_that_is_given_up_says_so_after_what_went_wrong_before()
    {
        using var aborting = new CancellationTokenSource();
        List<string> errors = [];
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new LoadPlaces(1, Limits).ForEachAsync(
            ["bad", "endless"],
            async (input, _, abort) =>
            {
                if (input == "bad")
                    return input;
                await aborting.CancelAsync();
                await Task.Delay(Timeout.Infinite, abort);
                return null;
            },
            errors.Add,
            CancellationToken.None,
            aborting.Token));
        Assert.Equal(["bad"], errors);
    }

    [Fact]
    public async Task A_fault_of_ours_gives_the_others_up()
    {
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => new LoadPlaces(2, Limits).ForEachAsync(
            [0, 1],
            async (input, _, abort) =>
            {
                if (input == 0)
                    throw new InvalidOperationException("ours");
                await Task.Delay(Timeout.Infinite, abort);
                return null;
            },
            Assert.Fail,
            CancellationToken.None,
            CancellationToken.None));
        Assert.Equal("ours", fault.Message);
    }

    private static PipelineDefinition Numbers(string more = "") => Definitions.Parse($"pipeline: p\ntable: t\ncolumns:\n  n: bigint\n{more}");

    private static Task UntilAsync(Func<bool> condition) => Eventually.HoldsAsync(
        condition, TimeSpan.FromSeconds(30), () => "The next input was to begin.");
}
