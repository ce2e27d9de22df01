using System.Buffers.Binary;
using System.Text;
using Ingest.Messaging;
using Ingest.Pipelines.Compiled;
using Ingest.Pipelines.Definition;
using Ingest.Pipelines.Rows;
using Ingest.UnitTests.Values;

namespace Ingest.UnitTests.Compiled;

/// <summary>What became of one line, its fields read back as text.</summary>
internal static class Row
{
    /// <summary>The fields of a row with bars between them, <c>filtered</c>, or the reason, column and detail of a reject.</summary>
    public static string Of(PipelineDefinition definition, string line) => Of(definition, Encoding.UTF8.GetBytes(line));

    public static string Of(PipelineDefinition definition, ReadOnlySpan<byte> line)
    {
        var pipeline = new CompiledPipeline(definition);
        var builder = new RowBuilder(pipeline);
        using var writer = new TupleWriter();

        // What is there before stays whatever happens.
        writer.Append("before"u8);
        var lines = builder.Read(line, 1);
        Assert.True(lines.MoveNext());
        var verdict = builder.Add(lines, writer);
        Assert.True(writer.Written.StartsWith("before"u8));
        if (verdict == Verdict.Kept)
            return string.Join(" | ", Fields(pipeline.Columns, writer.Written["before"u8.Length..]));
        Assert.Equal("before"u8.Length, writer.Length);
        if (verdict == Verdict.Filtered)
            return "filtered";
        var refusal = builder.Refusal;
        return $"{refusal.Reason.SqlName()}{(refusal.Column is null ? "" : $" {refusal.Column}")}: {refusal.Detail}";
    }

    /// <summary>The fields of the one tuple that the bytes hold.</summary>
    public static List<string> Fields(IReadOnlyList<RowColumn> columns, ReadOnlySpan<byte> tuple)
    {
        Assert.Equal(columns.Count, BinaryPrimitives.ReadInt16BigEndian(tuple));
        tuple = tuple[2..];
        var fields = new List<string>();
        foreach (var column in columns)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(tuple);
            tuple = tuple[4..];
            fields.Add(length < 0 ? "NULL" : Cast.ReadBack(column.Type, tuple[..length]));
            tuple = tuple[Math.Max(0, length)..];
        }

        Assert.Equal(0, tuple.Length);
        return fields;
    }
}
