using System.Runtime.InteropServices;
using Ingest.Compression.Decoding;

namespace Ingest.Compression.Xz;

/// <summary>The system's liblzma 5: the functions and structures of <c>lzma.h</c> that reading takes.</summary>
internal static unsafe class LibLzma
{
    public const int Ok = 0;
    public const int StreamEnd = 1;
    public const int UnsupportedCheck = 3;
    public const int OutOfMemory = 5;
    public const int MemoryLimit = 6;
    public const int FormatError = 7;
    public const int OptionsError = 8;
    public const int DataError = 9;
    public const int BufferError = 10;

    public const int Run = 0;
    public const int Finish = 3;

    /// <summary>A check that cannot be verified is an error; streams follow one another, with padding.</summary>
    private const uint Flags = TellUnsupportedCheck | Concatenated;
    private const uint TellUnsupportedCheck = 0x02;
    private const uint Concatenated = 0x08;

    private static readonly NativeExports Exports = new("liblzma.so.5");

    private static readonly delegate* unmanaged<Stream*, ulong, uint, int> StreamDecoder =
        (delegate* unmanaged<Stream*, ulong, uint, int>)Exports.Find("lzma_stream_decoder");

    private static readonly delegate* unmanaged<Stream*, Threading*, int> StreamDecoderMt =
        (delegate* unmanaged<Stream*, Threading*, int>)Exports.Find("lzma_stream_decoder_mt");

    private static readonly delegate* unmanaged<Stream*, int, int> CodeNext =
        (delegate* unmanaged<Stream*, int, int>)Exports.Find("lzma_code");

    private static readonly delegate* unmanaged<Stream*, ulong> Memusage =
        (delegate* unmanaged<Stream*, ulong>)Exports.Find("lzma_memusage");

    private static readonly delegate* unmanaged<Stream*, ulong, int> MemlimitSet =
        (delegate* unmanaged<Stream*, ulong, int>)Exports.Find("lzma_memlimit_set");

    private static readonly delegate* unmanaged<Stream*, void> EndStream =
        (delegate* unmanaged<Stream*, void>)Exports.Find("lzma_end");

    public static bool IsThere { get; } =
        sizeof(nint) == sizeof(long) && Exports.Has("lzma_stream_decoder", "lzma_code", "lzma_memusage", "lzma_memlimit_set", "lzma_end");

    /// <summary>Since 5.4.</summary>
    public static bool HasThreads { get; } = Exports.Has("lzma_stream_decoder_mt");

    /// <param name="memoryBytes">What it may hold at first.</param>
    public static Stream* Open(long memoryBytes)
    {
        var stream = (Stream*)NativeMemory.AllocZeroed((nuint)sizeof(Stream));
        return StreamDecoder(stream, (ulong)memoryBytes, Flags) == Ok ? stream : throw DecompressionRefusedException.OutOfMemory();
    }

    /// <summary>Blocks that say their sizes are unpacked side by side, as far as the memory goes.</summary>
    public static Stream* OpenThreaded(int threads, long memoryBytes)
    {
        var options = new Threading
        {
            Flags = Flags,
            Threads = (uint)threads,
            MemoryLimitForThreads = (ulong)memoryBytes,
            MemoryLimit = (ulong)memoryBytes,
        };
        var stream = (Stream*)NativeMemory.AllocZeroed((nuint)sizeof(Stream));
        return StreamDecoderMt(stream, &options) == Ok ? stream : throw DecompressionRefusedException.OutOfMemory();
    }

    public static int Code(Stream* stream, int action) => CodeNext(stream, action);

    /// <summary>After <see cref="MemoryLimit"/>: how much it needs.</summary>
    public static long NeededBytes(Stream* stream) => (long)Math.Min(Memusage(stream), long.MaxValue);

    public static void SetMemoryLimit(Stream* stream, long bytes) => _ = MemlimitSet(stream, (ulong)bytes);

    public static void Close(Stream* stream)
    {
        EndStream(stream);
        NativeMemory.Free(stream);
    }

    /// <summary><c>lzma_stream</c>.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 136)]
    public struct Stream
    {
        public byte* NextIn;
        public nuint AvailableIn;
        public ulong TotalIn;
        public byte* NextOut;
        public nuint AvailableOut;
        public ulong TotalOut;
    }

    /// <summary><c>lzma_mt</c>.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Threading
    {
        [FieldOffset(0)]
        public uint Flags;

        [FieldOffset(4)]
        public uint Threads;

        [FieldOffset(64)]
        public ulong MemoryLimitForThreads;

        [FieldOffset(72)]
        public ulong MemoryLimit;
    }
}
