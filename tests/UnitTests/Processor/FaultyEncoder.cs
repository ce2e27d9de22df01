using System.Text;
using Ingest.Messaging;
using Ingest.Pipelines;
using Ingest.Pipelines.Compiled;
using Ingest.Pipelines.Rows;
using Ingest.Pipelines.Values;

namespace Ingest.UnitTests.Processor;

/// <summary>Writes texts, and fails on one of them when it has written it.</summary>
internal sealed class FaultyEncoder(Func<Exception> fault) : FieldEncoder
{
    /// <summary>The line on which it fails.</summary>
    public const string Line = """{"id":2,"text":"fault"}""";

    private static readonly FieldEncoder Texts = FieldEncoders.For(ColumnType.Text, null);

    /// <summary>A pipeline whose second column it writes.</summary>
    public static CompiledPipeline Compile(Func<Exception> fault)
    {
        var pipeline = new CompiledPipeline(Definitions.Parse("pipeline: p\ntable: t\ncolumns:\n  id: integer\n  text: text"));
        pipeline.ColumnBuilders[1] = new ColumnBuilder(pipeline.Definition.Columns[1], isKey: false, new FaultyEncoder(fault));
        return pipeline;
    }

    /// <summary>Its line, whole, is the batch's only reject.</summary>
    public static void AssertRejected(RowBatch rows, long line, string detail)
    {
        var reject = Assert.Single(rows.Rejects);
        Assert.Equal((RejectReason.InternalError, line, null, detail), (reject.Reason, reject.Line, reject.Column, reject.Detail));
        Assert.Equal((Line, Line.Length), (Encoding.UTF8.GetString(reject.Raw.Span), (int)reject.RawLength));
    }

    public override bool TryWrite(in JsonValue value, TupleWriter writer, ref int repaired, out string? detail)
    {
        var written = Texts.TryWrite(value, writer, ref repaired, out detail);
        return value.Raw.SequenceEqual("fault"u8) ? throw fault() : written;
    }
}
