namespace Ingest.Compression.Decoding;

/// <summary>
/// What formats share whose files hold members one after another: zeros behind the last one pad it, as on tapes; other
/// bytes there are a fault, since they may be a member whose beginning is damaged.
/// </summary>
internal abstract class MemberDecoder : IDecoder
{
    public abstract MemoryNeed Need { get; }

    public string Fault { get; private set; } = "";

    /// <summary>Zeros have begun, and nothing else may follow.</summary>
    protected bool InPadding { get; private set; }

    public abstract DecodeStatus Decode(ReadOnlySpan<byte> source, bool isLast, Span<byte> target, out int taken, out int made);

    public abstract void Dispose();

    protected DecodeStatus Padding(ReadOnlySpan<byte> source, out int taken)
    {
        InPadding = true;
        var other = source.IndexOfAnyExcept((byte)0);
        taken = other < 0 ? source.Length : other;
        return other < 0 ? DecodeStatus.NeedsInput : FollowedByOthers();
    }

    protected DecodeStatus FollowedByOthers() => Corrupt("is followed by other bytes");

    protected DecodeStatus Corrupt(string fault)
    {
        Fault = fault;
        return DecodeStatus.Corrupt;
    }
}
