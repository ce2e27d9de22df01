using BenchmarkDotNet.Attributes;
using Ingest.Messaging;
using Ingest.Writer.Sqlite;

namespace Ingest.Micro;

/// <summary>A transaction of a writer: 10,000 rows with their ledger into a SQLite file, on the disk when it returns.</summary>
public class StoreBenchmarks : IAsyncDisposable
{
    private const int Rows = 10_000;

    private readonly IReadOnlyList<RowBatch> _batches = Sample.Rows(Rows);
    private string _folder = "";
    private SqliteStore? _store;

    [IterationSetup]
    public void Setup()
    {
        _folder = Directory.CreateTempSubdirectory("ingest-micro-").FullName;
        var file = Path.Combine(_folder, "ingest.db");
        _store = new SqliteStore($"Data Source={file};Pooling=false", file, Sample.AllRows, TimeProvider.System);
        _store.PrepareAsync(CancellationToken.None).GetAwaiter().GetResult();
    }

    [IterationCleanup]
    public void Cleanup() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    public async ValueTask DisposeAsync()
    {
        if (_store is null)
            return;
        await _store.DisposeAsync();
        _store = null;
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public async Task<int> Commit() => (await _store!.CommitAsync(_batches, CancellationToken.None)).Count;
}
