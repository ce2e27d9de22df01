using Ingest.Messaging;
using Ingest.SimulationTests.Mutations;
using Ingest.SimulationTests.Scenarios;

namespace Ingest.SimulationTests;

/// <summary>Each rule matters, and each fault is met: a run finds what breaks it, and by its harm.</summary>
public class MutationTests
{
    private const int Lost = 1;
    private const int Twice = 2;
    private const int OneVersion = 5;
    private const int Early = 6;
    private const int AnotherPlace = 10;
    private const int BackInTime = 11;

    [Fact]
    public void The_simulation_finds_a_writer_that_acknowledges_before_its_commit() => Finds<EarlyAcknowledgement<RowBatch>>(Lost, 500);

    [Fact]
    public void The_simulation_finds_a_processor_that_acknowledges_before_its_rows_are_safe() => Finds<EarlyAcknowledgement<LineBatch>>(Lost, 500);

    [Fact]
    public void The_simulation_finds_a_confirm_before_the_broker_has_stored() => Finds(() => new ConfirmOnSending(oneProcess: false), Lost, 1000);

    [Fact]
    public void The_simulation_finds_a_confirm_on_queueing_in_memory() => Finds(() => new ConfirmOnSending(oneProcess: true), Lost, 500);

    [Fact]
    public void The_simulation_finds_a_refusal_that_counts_as_sent() => Finds<IgnoredRefusal>(Lost, 500);

    [Fact]
    public void The_simulation_finds_an_acknowledgement_on_another_channel() => Finds<AnotherChannel>(Early, 100);

    [Fact]
    public void The_simulation_finds_a_file_whose_batches_are_named_anew() => Finds<NoContentIds>(Twice, 500);

    [Fact]
    public void The_simulation_finds_a_writer_without_a_ledger() => Finds<NoLedger>(Twice, 500);

    [Fact]
    public void The_simulation_finds_two_copies_of_a_batch_in_one_transaction() => Finds<UngroupedCopies>(Twice, 1000);

    [Fact]
    public void The_simulation_finds_a_file_that_grew_and_is_cut_elsewhere() => Finds<NoCutPoints>(Twice, 500);

    [Fact]
    public void The_simulation_finds_a_file_that_two_definitions_share() => Finds<AnyDefinition>(OneVersion, 500);

    [Fact]
    public void The_simulation_finds_updates_that_are_written_as_they_come() => Finds<AnyOrder>(BackInTime, 1000);

    [Fact]
    public void The_simulation_finds_a_reject_with_the_bytes_of_another_line() => Finds<AnotherLinesBytes>(AnotherPlace, 100);

    [Fact]
    public void The_simulation_finds_a_row_that_is_taken_for_that_of_another_line() => Finds<AnotherLinesNumber>(AnotherPlace, 100);

    private static void Finds<TMutation>(int assertion, int seeds) where TMutation : Mutation, new() =>
        Finds(() => new TMutation(), assertion, seeds);

    /// <summary>One of the first seeds violates that assertion before any other.</summary>
    private static void Finds(Func<Mutation> mutation, int assertion, int seeds)
    {
        for (var seed = 0; seed < seeds; seed++)
        {
            if (SimulationRun.Run(seed, mutation()).Violations is [var first, ..] && first.StartsWith($"[{assertion}]", StringComparison.Ordinal))
            {
                TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}: {first}");
                return;
            }
        }

        Assert.Fail($"None of {seeds} seeds violates assertion {assertion}.");
    }
}
