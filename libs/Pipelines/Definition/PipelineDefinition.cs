using System.Text;
using Ingest.Messaging;
using Ingest.Pipelines.Where;

namespace Ingest.Pipelines.Definition;

/// <summary>What the user wants of one stream of lines: filter, columns, cleaning, table. One YAML file.</summary>
public sealed record PipelineDefinition
{
    public const int DefaultMaxLineBytes = 1024 * 1024;
    public const int LargestMaxLineBytes = 8 * 1024 * 1024;

    public required string Name { get; init; }

    /// <summary>The file it was read from, for messages.</summary>
    public required string File { get; init; }

    /// <summary>The TCP port that producers connect to, or null.</summary>
    public int? ListenPort { get; init; }

    /// <summary>The absolute path of the Unix domain socket that producers connect to, or null.</summary>
    public string? ListenPath { get; init; }

    /// <summary>The listener that lines are fetched from over TCP, or null.</summary>
    public HostAndPort? Connect { get; init; }

    /// <summary>Null keeps every line.</summary>
    public Expression? Where { get; init; }

    public required TableName Table { get; init; }

    /// <summary>The primary key's columns; empty for none.</summary>
    public IReadOnlyList<string> Key { get; init; } = [];

    public OnDuplicate OnDuplicate { get; init; }

    public required IReadOnlyList<ColumnDefinition> Columns { get; init; }

    /// <summary>The longest line, in bytes without its line end; 1 to <see cref="LargestMaxLineBytes"/>.</summary>
    public int MaxLineBytes { get; init; } = DefaultMaxLineBytes;

    public Decompression Decompression { get; init; }

    /// <summary>What a producer is told at the end of its lines. Not part of the meaning.</summary>
    public Acknowledge Acknowledge { get; init; }

    /// <summary>Where the filter runs. Not part of the meaning.</summary>
    public PushDown PushDown { get; init; }

    /// <summary>Sixteen hexadecimal digits, a hash of what the definition means (not of how it is written).</summary>
    public string Version { get; init; } = "";
}

public enum OnDuplicate
{
    Ignore,
    Update,
}

/// <summary>When a source's receipt is given.</summary>
public enum Acknowledge
{
    /// <summary>When every batch is safe in its queue.</summary>
    Queued,

    /// <summary>When every batch is committed in the database.</summary>
    Committed,

    /// <summary>Never: the connection's orderly end is all.</summary>
    None,
}

/// <summary>Whether the filter is pushed down to where lines come in.</summary>
public enum PushDown
{
    /// <summary>Where it saves something: lines that certainly fail the filter never cross the broker.</summary>
    Auto,

    /// <summary>Every line goes to the processors.</summary>
    Off,
}

/// <summary>How a source's bytes are unpacked before lines are cut from them.</summary>
public enum Decompression
{
    /// <summary>As the magic bytes at a source's start say.</summary>
    Auto,

    /// <summary>They are lines, whatever they begin with.</summary>
    None,

    /// <summary>RFC 1952; any number of members.</summary>
    Gzip,

    /// <summary>RFC 8878; any number of frames, skippable ones too.</summary>
    Zstd,

    /// <summary>The .xz file format, 1.2; any number of streams and blocks, and stream padding.</summary>
    Xz,

    /// <summary>bzip2 1.0; any number of streams.</summary>
    Bzip2,

    /// <summary>The LZ4 frame format, 1.6; any number of frames, skippable ones too.</summary>
    Lz4,
}

/// <summary>An end of a TCP connection.</summary>
/// <param name="Host">A name, or an address without brackets.</param>
/// <param name="Port">1 to 65535.</param>
public sealed record HostAndPort(string Host, int Port)
{
    /// <summary>As a definition writes it: <c>host:7070</c>, <c>[::1]:7070</c>.</summary>
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}

/// <summary>A table, with a schema or without.</summary>
public sealed record TableName(string? Schema, string Name)
{
    public override string ToString() => Schema is null ? Name : $"{Schema}.{Name}";
}

/// <summary>One column: where its value comes from and what becomes of it, in the order trim, null_if, default, cast, max_length.</summary>
public sealed record ColumnDefinition
{
    public required string Name { get; init; }

    public required ColumnType Type { get; init; }

    /// <summary>Where the value lies in the line.</summary>
    public required JsonPath From { get; init; }

    /// <summary>A missing or null value makes the line a reject. Key columns are always required.</summary>
    public bool Required { get; init; }

    /// <summary>What numbers mean in a <c>timestamptz</c> or <c>date</c> column; null refuses numbers.</summary>
    public TimeUnit? Unit { get; init; }

    /// <summary>The value when the line's is missing or null, or null for none.</summary>
    public JsonLiteral? Default { get; init; }

    /// <summary>Values that count as null.</summary>
    public IReadOnlyList<JsonLiteral> NullIf { get; init; } = [];

    /// <summary>Longest text in characters (Unicode code points); longer is a reject. Null for any length.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Removes Unicode white space at both ends of a string.</summary>
    public bool Trim { get; init; }
}

/// <summary>The unit of a number that stands for a time, since 1970-01-01 UTC.</summary>
public enum TimeUnit
{
    Seconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
}

/// <summary>
/// A scalar written in a definition, as a JSON value: for a string its characters in UTF-8, for a number its JSON
/// spelling, for true, false and null nothing.
/// </summary>
public sealed record JsonLiteral(JsonKind Kind, ReadOnlyMemory<byte> Utf8)
{
    public bool Equals(JsonLiteral? other) => other is not null && Kind == other.Kind && Utf8.Span.SequenceEqual(other.Utf8.Span);

    public override int GetHashCode() => HashCode.Combine(Kind, Utf8.Length);

    /// <summary>The value in JSON.</summary>
    public override string ToString() => new Literal(Kind, Encoding.UTF8.GetString(Utf8.Span)).ToString();
}
