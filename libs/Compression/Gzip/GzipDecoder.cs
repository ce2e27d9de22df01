using System.Runtime.InteropServices;
using Ingest.Compression.Decoding;

namespace Ingest.Compression.Gzip;

/// <summary>Members of RFC 1952, one after another (section 2.2), each with its checksum and length checked.</summary>
internal sealed unsafe class GzipDecoder : MemberDecoder
{
    private ZLib.Stream* _stream = ZLib.Open();
    private bool _betweenMembers;

    public override MemoryNeed Need => default;

    public override DecodeStatus Decode(ReadOnlySpan<byte> source, bool isLast, Span<byte> target, out int taken, out int made)
    {
        (taken, made) = (0, 0);
        if (_betweenMembers)
        {
            if (source.IsEmpty)
                return isLast ? DecodeStatus.Ended : DecodeStatus.NeedsInput;
            if (InPadding || source[0] == 0)
                return Padding(source, out taken);
            if (source[0] != 0x1f || (source.Length > 1 && source[1] != 0x8b))
                return FollowedByOthers();
            if (source.Length == 1 && !isLast)
                return DecodeStatus.NeedsInput;
            ZLib.Reset(_stream);
            _betweenMembers = false;
        }

        int code;
        fixed (byte* input = source, output = target)
        {
            _stream->NextIn = input;
            _stream->AvailableIn = (uint)source.Length;
            _stream->NextOut = output;
            _stream->AvailableOut = (uint)target.Length;
            code = ZLib.Inflate(_stream);
            taken = source.Length - (int)_stream->AvailableIn;
            made = target.Length - (int)_stream->AvailableOut;
        }

        switch (code)
        {
            case ZLib.StreamEnd:
                _betweenMembers = true;
                return DecodeStatus.Going;
            case ZLib.Ok or ZLib.BufferError:
                return made == target.Length || taken < source.Length ? DecodeStatus.Going : DecodeStatus.NeedsInput;
            default:
                return Corrupt(_stream->Message is null ? "is damaged" : $"is damaged ({Marshal.PtrToStringUTF8((nint)_stream->Message)})");
        }
    }

    public override void Dispose()
    {
        if (_stream is not null)
            ZLib.Close(_stream);
        _stream = null;
    }
}
