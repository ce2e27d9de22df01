using BenchmarkDotNet.Attributes;
using Ingest.Gateway.Framing;
using Ingest.Pipelines.Definition;

namespace Ingest.Micro;

/// <summary>A batch of bytes to a batch of lines, the copy included that the kernel makes for a connection.</summary>
public class FramingBenchmarks
{
    private readonly PipelineDefinition _pipeline = Sample.AllRows;

    /// <summary>As a connection's.</summary>
    [Benchmark]
    public void Live() => Frame(Source.Live("sample", _pipeline));

    /// <summary>As a file's, hashed.</summary>
    [Benchmark]
    public void Replayable() => Frame(Source.Replay("sample", _pipeline));

    private static void Frame(Source source)
    {
        using var builder = new LineBatchBuilder(source, TimeProvider.System);
        Sample.Fill(builder);
        builder.EndInput();
        foreach (var batch in builder.Complete())
            batch.Dispose();
    }
}
