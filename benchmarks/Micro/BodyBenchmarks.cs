using BenchmarkDotNet.Attributes;
using Ingest.Messaging;
using Ingest.Messaging.RabbitMq;
using Ingest.Messaging.Wire;

namespace Ingest.Micro;

/// <summary>A batch of lines to a message's body, and back.</summary>
public class BodyBenchmarks
{
    private readonly LineBatch _batch = Sample.Batch(Sample.AllRows);
    private byte[] _body = [];

    [Params(BodyCompression.None, BodyCompression.Lz4, BodyCompression.Zstd)]
    public BodyCompression Compression { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        using var body = Body.Pack(_batch, Compression);
        _body = body.Memory.ToArray();
    }

    [Benchmark]
    public int Pack()
    {
        using var body = Body.Pack(_batch, Compression);
        return body.Memory.Length;
    }

    [Benchmark]
    public int Unpack()
    {
        using var batch = Body.Unpack<LineBatch>(_body)[0];
        return batch.Lines.Length;
    }
}
