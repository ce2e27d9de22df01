using Ingest.Compression.Decoding;

namespace Ingest.Compression.Bzip2;

/// <summary>Streams of bzip2, one after another, by the system's library.</summary>
internal sealed unsafe class Bzip2Decoder : MemberDecoder
{
    private const int HeaderBytes = 4;

    private LibBz2.Stream* _stream;
    private bool _hasMemory;

    public override MemoryNeed Need => new(Bzip2Memory.LargestBytes, 0);

    public override DecodeStatus Decode(ReadOnlySpan<byte> source, bool isLast, Span<byte> target, out int taken, out int made)
    {
        (taken, made) = (0, 0);
        if (_stream is null)
        {
            if (source.IsEmpty)
                return isLast ? DecodeStatus.Ended : DecodeStatus.NeedsInput;
            if (InPadding || (_hasMemory && source[0] == 0))
                return Padding(source, out taken);
            if (source.Length < HeaderBytes && !isLast)
                return DecodeStatus.NeedsInput;
            if (!source.StartsWith("BZh"u8[..Math.Min(source.Length, 3)]))
                return FollowedByOthers();
            if (!_hasMemory)
            {
                _hasMemory = true;
                return DecodeStatus.NeedsMemory;
            }

            _stream = LibBz2.Open();
        }

        int code;
        fixed (byte* input = source, output = target)
        {
            _stream->NextIn = input;
            _stream->AvailableIn = (uint)source.Length;
            _stream->NextOut = output;
            _stream->AvailableOut = (uint)target.Length;
            code = LibBz2.Decompress(_stream);
            taken = source.Length - (int)_stream->AvailableIn;
            made = target.Length - (int)_stream->AvailableOut;
        }

        switch (code)
        {
            case LibBz2.StreamEnd:
                Dispose();
                return DecodeStatus.Going;
            case LibBz2.Ok:
                return made == target.Length || taken < source.Length ? DecodeStatus.Going : DecodeStatus.NeedsInput;
            case LibBz2.OutOfMemory:
                throw DecompressionRefusedException.OutOfMemory();
            default:
                return Corrupt("is damaged");
        }
    }

    public override void Dispose()
    {
        if (_stream is not null)
            LibBz2.Close(_stream);
        _stream = null;
    }
}
