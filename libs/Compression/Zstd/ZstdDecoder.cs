using Ingest.Compression.Decoding;
using ZstdSharp.Unsafe;

namespace Ingest.Compression.Zstd;

/// <summary>
/// Frames of RFC 8878, one after another, with checksums where they have them, and skippable ones. A frame's window is
/// known before there is memory for it (section 3.1.1.1.2). The decoder gets the piece it asks for, which is one block
/// at most, so that a damaged block takes no other with it.
/// </summary>
internal sealed unsafe class ZstdDecoder : IDecoder
{
    /// <summary>The window's limit is ours, which is exact; this one knows powers of two.</summary>
    private const int LargestWindowLog = 31;

    /// <summary>A frame header is no longer (section 3.1.1.1).</summary>
    private const int LongestHeaderBytes = 18;

    private ZSTD_DCtx_s* _context = Create();
    private bool _betweenFrames = true;

    /// <summary>Bytes that the decoder asks for: the rest of a header or a block.</summary>
    private nuint _wanted;

    public MemoryNeed Need { get; private set; }

    public string Fault { get; private set; } = "";

    public DecodeStatus Decode(ReadOnlySpan<byte> source, bool isLast, Span<byte> target, out int taken, out int made)
    {
        (taken, made) = (0, 0);
        fixed (byte* input = source, output = target)
        {
            if (_betweenFrames)
            {
                if (source.IsEmpty)
                    return isLast ? DecodeStatus.Ended : DecodeStatus.NeedsInput;
                if (BeginFrame(input, source.Length) is { } status)
                    return status;
                _betweenFrames = false;
                _wanted = (nuint)source.Length;
            }

            // What was made but did not fit comes out without input.
            var from = new ZSTD_inBuffer_s { src = input, size = Math.Min((nuint)source.Length, _wanted), pos = 0 };
            var to = new ZSTD_outBuffer_s { dst = output, size = (nuint)target.Length, pos = 0 };
            var result = Methods.ZSTD_decompressStream(_context, &to, &from);
            taken = (int)from.pos;
            made = (int)to.pos;
            if (Methods.ZSTD_getErrorCode(result) == ZSTD_ErrorCode.ZSTD_error_memory_allocation)
                throw DecompressionRefusedException.OutOfMemory();
            if (Methods.ZSTD_isError(result))
                return Corrupt($"is damaged ({Methods.ZSTD_getErrorName(result)})");
            _betweenFrames = result == 0;
            _wanted = Math.Max(1, result);
            return _betweenFrames || taken < source.Length || made == target.Length ? DecodeStatus.Going : DecodeStatus.NeedsInput;
        }
    }

    public void Dispose()
    {
        if (_context is not null)
            _ = Methods.ZSTD_freeDCtx(_context);
        _context = null;
    }

    /// <returns>Null when the frame's memory is there.</returns>
    private DecodeStatus? BeginFrame(byte* input, int length)
    {
        ZSTD_frameHeader header;
        var needed = Methods.ZSTD_getFrameHeader(&header, input, (nuint)length);
        if (Methods.ZSTD_isError(needed))
            return Corrupt(Methods.ZSTD_getErrorCode(needed) == ZSTD_ErrorCode.ZSTD_error_prefix_unknown ? "is followed by other bytes" : $"is damaged ({Methods.ZSTD_getErrorName(needed)})");
        if (needed > 0)
            return length < LongestHeaderBytes ? DecodeStatus.NeedsInput : Corrupt("is damaged");
        if (header.frameType == ZSTD_frameType_e.ZSTD_skippableFrame)
            return null;

        if (header.dictID != 0)
            return Corrupt("needs a dictionary");
        var window = (long)Math.Min(header.windowSize, long.MaxValue / 2);
        if (window <= Need.WindowBytes)
            return null;
        Need = new MemoryNeed(window + DecompressionBudget.BesideWindowBytes, window);
        return DecodeStatus.NeedsMemory;
    }

    private static ZSTD_DCtx_s* Create()
    {
        var context = Methods.ZSTD_createDCtx();
        _ = Methods.ZSTD_DCtx_setParameter(context, ZSTD_dParameter.ZSTD_d_windowLogMax, LargestWindowLog);
        return context;
    }

    private DecodeStatus Corrupt(string fault)
    {
        Fault = fault;
        return DecodeStatus.Corrupt;
    }
}
