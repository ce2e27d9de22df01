using BenchmarkDotNet.Attributes;
using Ingest.Pipelines.Scanning;

namespace Ingest.Micro;

/// <summary>The first pass over a batch's lines: where strings and tokens are.</summary>
public class ScanningBenchmarks
{
    private readonly LineIndex _index = new();

    private delegate void Indexer(ReadOnlySpan<byte> text, LineIndex index);

    /// <summary>64 bytes at a time in one vector; needs Block512.IsSupported.</summary>
    [Benchmark]
    public int Vector512() => IndexAll(VectorIndexer<Block512>.Index);

    /// <summary>64 bytes at a time in two vectors; needs Block256.IsSupported.</summary>
    [Benchmark]
    public int Vector256() => IndexAll(VectorIndexer<Block256>.Index);

    /// <summary>Byte by byte.</summary>
    [Benchmark]
    public int Scalar() => IndexAll(ScalarIndexer.Index);

    private int IndexAll(Indexer indexer)
    {
        var tokens = 0;
        var lines = Sample.Lines.AsSpan();
        while (!lines.IsEmpty)
        {
            indexer(lines, _index);
            tokens += _index.Count;
            lines = lines[(_index.End + 1)..];
        }

        return tokens;
    }
}
