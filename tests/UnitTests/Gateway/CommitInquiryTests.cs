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
        using var host = Build(ledger, commits, services => services
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
        using var host = Build(ledger, commits, services => services
            .AddSingleton<IBatchQueues, InMemoryQueues>()
            .AddSingleton<CommitNotifier>()
            .AddHostedService(s => s.GetRequiredService<CommitNotifier>()));
        await host.StartAsync(TestContext.Current.CancellationToken);

        using var tally = commits.Open(source, "p");
        await tally.AddAsync(batch, CancellationToken.None);
        var settled = tally.AllSettledAsync();
        host.Services.GetRequiredService<CommitNotifier>().Committed(
            "p", new CommittedBatch(batch, Already: true, Lines: 7, Written: 0, Duplicate: 0, Filtered: 0, Rejected: 0, Segments: []));
        await settled.SoonAsync();
        Assert.Equal((4, 1, 1, 1), (tally.Written, tally.Duplicate, tally.Filtered, tally.Rejected));
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    private static IHost Build(Ledger ledger, CommitTally commits, Action<IServiceCollection> add)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services
            .AddSingleton(TimeProvider.System)
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
        private int _asked;

        public Task AskedTwice => _askedTwice.Task;

        public CommittedBatch? Known { get; set; }

        public IRowStore Create(PipelineDefinition pipeline) => this;

        public Task<IReadOnlyList<CommittedBatch>> FindAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken)
        {
            if (++_asked == 2)
                _askedTwice.TrySetResult();
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
