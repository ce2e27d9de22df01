using Ingest.Gateway;
using Ingest.Gateway.Receipts;
using Ingest.Messaging;
using Ingest.Messaging.InMemory;
using Ingest.Pipelines.Definition;
using Ingest.ServiceDefaults;
using Ingest.ServiceDefaults.Control;
using Ingest.Writer;
using Ingest.Writer.Notices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Ingest.UnitTests.Gateway;

/// <summary>Gateway and writer over the real control bus, in memory.</summary>
public class CommitInquiryTests
{
    [Fact]
    public async Task A_commit_whose_notice_was_lost_is_asked_for_until_the_ledger_knows_it()
    {
        var (ledger, soon) = (new Ledger(), TimeSpan.FromMilliseconds(10));
        var commits = new CommitTally(10, soon, TimeProvider.System);
        using var host = Build(ledger, commits, TimeProvider.System, services => services
            .AddControlConsumer<InquiryConsumer, BatchInquiry>(Audience.AnyOne)
            .AddHostedService<CommitInquirer>());
        await host.StartAsync(TestContext.Current.CancellationToken);

        var (source, batch) = (Guid.NewGuid(), Guid.NewGuid());
        using var tally = commits.Open(source, "p");
        await tally.AddAsync(batch, CancellationToken.None);
        var settled = tally.AllSettledAsync();

        // Asked twice in vain, so that it is known to ask again.
        await ledger.AskedTwice.SoonAsync();
        Assert.False(settled.IsCompleted);
        ledger.Known = CommittedBatch.Of(batch, already: false, [new SegmentCounts(source, 7, 4, 1, 1, 1)]);
        await settled.SoonAsync();
        Assert.Equal((4, 1, 1, 1), (tally.Written, tally.Duplicate, tally.Filtered, tally.Rejected));
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task What_the_ledger_had_already_is_told_of_without_being_asked_for()
    {
        var (source, batch) = (Guid.NewGuid(), Guid.NewGuid());
        var ledger = new Ledger { Known = CommittedBatch.Of(batch, already: true, [new SegmentCounts(source, 7, 4, 1, 1, 1)]) };
        var commits = new CommitTally(10, TimeSpan.FromHours(1), TimeProvider.System);
        using var host = BuildNotifier(ledger, commits, TimeProvider.System);
        await host.StartAsync(TestContext.Current.CancellationToken);

        using var tally = commits.Open(source, "p");
        await tally.AddAsync(batch, CancellationToken.None);
        var settled = tally.AllSettledAsync();
        host.Services.GetRequiredService<CommitNotifier>().Committed("p", Already(batch));
        await settled.SoonAsync();
        Assert.Equal((4, 1, 1, 1), (tally.Written, tally.Duplicate, tally.Filtered, tally.Rejected));
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_ledger_that_does_not_answer_holds_other_notices_up_for_five_seconds()
    {
        var (source, batch, patience) = (Guid.NewGuid(), Guid.NewGuid(), TimeSpan.FromSeconds(5));
        var (ledger, time) = (new Ledger { IsStuck = true }, new ObservedTime());
        var commits = new CommitTally(10, TimeSpan.FromHours(1), time);
        using var host = BuildNotifier(ledger, commits, time);
        await host.StartAsync(TestContext.Current.CancellationToken);
        using var tally = commits.Open(source, "p");
        await tally.AddAsync(batch, CancellationToken.None);
        var settled = tally.AllSettledAsync();

        var notifier = host.Services.GetRequiredService<CommitNotifier>();
        notifier.Committed("p", Already(Guid.NewGuid()));
        await ledger.Stuck.SoonAsync();
        while (await time.NextWaitAsync() != patience)
        {
        }

        notifier.Committed("p", CommittedBatch.Of(batch, already: false, [new SegmentCounts(source, 7, 4, 1, 1, 1)]));
        Assert.False(settled.IsCompleted);
        time.Advance(patience);
        await settled.SoonAsync();
        Assert.Equal((4, 1, 1, 1), (tally.Written, tally.Duplicate, tally.Filtered, tally.Rejected));
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    private static CommittedBatch Already(Guid batch) =>
        new(batch, Already: true, Lines: 7, Written: 0, Duplicate: 0, Filtered: 0, Rejected: 0, Segments: []);

    private static IHost BuildNotifier(Ledger ledger, CommitTally commits, TimeProvider time) => Build(ledger, commits, time, services => services
        .AddSingleton<IBatchQueues, InMemoryQueues>()
        .AddSingleton<CommitNotifier>()
        .AddHostedService(s => s.GetRequiredService<CommitNotifier>()));

    private static IHost Build(Ledger ledger, CommitTally commits, TimeProvider time, Action<IServiceCollection> add)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services
            .AddSingleton(time)
            .AddSingleton(new PipelineCatalog([Definitions.RefusingAll()]))
            .AddSingleton<IRowStores>(ledger)
            .AddSingleton<LedgerNotices>()
            .AddControlBus()
            .AddSingleton(commits)
            .AddControlConsumer<CommitConsumer, BatchesCommitted>(Audience.Everyone);
        add(builder.Services);
        builder.AddInProcessControlBus();
        return builder.Build();
    }

    private sealed class Ledger : IRowStores, IRowStore
    {
        private readonly TaskCompletionSource _askedTwice = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _stuck = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _asked;

        public Task AskedTwice => _askedTwice.Task;

        /// <summary>Whether it answers nothing but its caller's end.</summary>
        public bool IsStuck { get; init; }

        public Task Stuck => _stuck.Task;

        public CommittedBatch? Known { get; set; }

        public IRowStore Create(PipelineDefinition pipeline) => this;

        public Task<IReadOnlyList<CommittedBatch>> FindAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken)
        {
            if (++_asked == 2)
                _askedTwice.TrySetResult();
            if (IsStuck)
            {
                _stuck.TrySetResult();
                return new TaskCompletionSource<IReadOnlyList<CommittedBatch>>().Task.WaitAsync(cancellationToken);
            }

            return Task.FromResult<IReadOnlyList<CommittedBatch>>(Known is { } known && ids.Contains(known.Id) ? [known] : []);
        }

        public Task PrepareAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<CommittedBatch>> CommitAsync(IReadOnlyList<RowBatch> batches, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<IReadOnlyList<SourcePlace>> FindEndsAsync(IReadOnlyList<SourcePlace> places, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<IReadOnlyList<string>> ReadDefinitionsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<LedgerSegment>> ReadSourceAsync(Guid sourceId, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
