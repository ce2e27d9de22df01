using System.Buffers.Binary;
using System.IO.Hashing;
using Ingest.Messaging;

namespace Ingest.Gateway.Framing;

/// <summary>What is kept of a line whose bytes are not: its length, its hash and its first bytes.</summary>
/// <param name="markLength">Bytes at the beginning that are a byte order mark and no part of the line.</param>
internal sealed class OverlongLine(int markLength)
{
    private readonly XxHash128 _hash = new();
    private byte[] _prefix = [];
    private byte _lastByte;
    private bool _terminated;

    /// <summary>Bytes of the source that it takes, mark and line end included.</summary>
    public long Dropped { get; private set; }

    public bool IsEnded { get; set; }

    public RejectReason Reason { get; set; } = RejectReason.LineTooLong;

    public string? Detail { get; set; }

    public ReadOnlyMemory<byte> Prefix => _prefix;

    public UInt128 Hash => BinaryPrimitives.ReadUInt128BigEndian(_hash.GetCurrentHash());

    /// <summary>The line's length without its line end.</summary>
    public long Length => Dropped - markLength - (_terminated ? 1 : 0) - (_terminated && _lastByte == '\r' ? 1 : 0);

    /// <param name="bytes">The next bytes of the line.</param>
    /// <param name="lineEnd">1 when the last of them is the LF.</param>
    public void Append(ReadOnlySpan<byte> bytes, int lineEnd)
    {
        _hash.Append(bytes);
        _terminated = lineEnd > 0;
        if (bytes.Length > lineEnd)
            _lastByte = bytes[^(lineEnd + 1)];
        if (_prefix.Length < Reject.PrefixBytes)
        {
            var content = bytes[..^lineEnd];
            if (Dropped == 0)
                content = content[markLength..];
            _prefix = [.. _prefix, .. content[..Math.Min(content.Length, Reject.PrefixBytes - _prefix.Length)]];
        }

        Dropped += bytes.Length;
    }
}
