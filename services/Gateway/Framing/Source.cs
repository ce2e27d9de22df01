using System.IO.Hashing;
using System.Text;
using Ingest.Pipelines.Definition;

namespace Ingest.Gateway.Framing;

/// <summary>Where lines come from, and how their batches are called.</summary>
/// <param name="Name">What people call it: a path, an address.</param>
/// <param name="Replayable">
/// True when the same bytes can be sent again under the same name, so that ids are made from place and content. A mere
/// display name never is: equal lines of two connections are two lines.
/// </param>
public sealed record Source(Guid Id, string Name, bool Replayable, PipelineDefinition Pipeline)
{
    /// <summary>Where a live source's ids come from.</summary>
    private Func<Guid> NewId { get; init; } = Guid.CreateVersion7;

    /// <summary>A connection, a pipe: what it sends comes once.</summary>
    public static Source Live(string name, PipelineDefinition pipeline) => Live(name, pipeline, Guid.CreateVersion7);

    /// <inheritdoc cref="Live(string, PipelineDefinition)"/>
    /// <param name="name">What people call it.</param>
    /// <param name="pipeline">What its lines are for.</param>
    /// <param name="newId">Gives an id that nobody had before, for the source and for each of its batches.</param>
    internal static Source Live(string name, PipelineDefinition pipeline, Func<Guid> newId) =>
        new(newId(), name, false, pipeline) { NewId = newId };

    /// <summary>A file, or a pipe that the user gave a name for that purpose.</summary>
    public static Source Replay(string name, PipelineDefinition pipeline) => new(ReplayId(name, pipeline.Name, pipeline.Version), name, true, pipeline);

    /// <summary>The id that a source of that name has under a version of its pipeline's definition.</summary>
    public static Guid ReplayId(string name, string pipeline, string version) => IdOf(Encoding.UTF8.GetBytes($"{pipeline}\n{version}\n{name}"));

    /// <summary>The id of the batch that begins at the offset and holds content of that hash.</summary>
    public Guid BatchId(long byteOffset, UInt128 contentHash)
    {
        if (!Replayable)
            return NewId();
        Span<byte> place = stackalloc byte[40];
        Id.TryWriteBytes(place, bigEndian: true, out _);
        BitConverter.TryWriteBytes(place[16..], byteOffset);
        BitConverter.TryWriteBytes(place[24..], contentHash);
        return IdOf(place);
    }

    /// <summary>A UUID of version 8 (RFC 9562, section 5.8).</summary>
    private static Guid IdOf(ReadOnlySpan<byte> content)
    {
        Span<byte> id = stackalloc byte[16];
        XxHash128.Hash(content, id);
        id[6] = (byte)((id[6] & 0x0f) | 0x80);
        id[8] = (byte)((id[8] & 0x3f) | 0x80);
        return new Guid(id, bigEndian: true);
    }
}
