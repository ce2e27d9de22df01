using System.Runtime.InteropServices;
using Ingest.Compression.Decoding;

namespace Ingest.Compression.Bzip2;

/// <summary>The system's libbz2 1.0: what reading takes of <c>bzlib.h</c>.</summary>
internal static unsafe class LibBz2
{
    public const int Ok = 0;
    public const int StreamEnd = 4;
    public const int OutOfMemory = -3;

    private static readonly NativeExports Exports = new("libbz2.so.1.0");

    private static readonly delegate* unmanaged<Stream*, int, int, int> DecompressInit =
        (delegate* unmanaged<Stream*, int, int, int>)Exports.Find("BZ2_bzDecompressInit");

    private static readonly delegate* unmanaged<Stream*, int> DecompressNext =
        (delegate* unmanaged<Stream*, int>)Exports.Find("BZ2_bzDecompress");

    private static readonly delegate* unmanaged<Stream*, int> DecompressEnd =
        (delegate* unmanaged<Stream*, int>)Exports.Find("BZ2_bzDecompressEnd");

    public static bool IsThere { get; } =
        sizeof(nint) == sizeof(long) && Exports.Has("BZ2_bzDecompressInit", "BZ2_bzDecompress", "BZ2_bzDecompressEnd");

    public static Stream* Open()
    {
        var stream = (Stream*)NativeMemory.AllocZeroed((nuint)sizeof(Stream));
        return DecompressInit(stream, 0, 0) == Ok ? stream : throw DecompressionRefusedException.OutOfMemory();
    }

    public static int Decompress(Stream* stream) => DecompressNext(stream);

    public static void Close(Stream* stream)
    {
        _ = DecompressEnd(stream);
        NativeMemory.Free(stream);
    }

    /// <summary><c>bz_stream</c>.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 80)]
    public struct Stream
    {
        public byte* NextIn;
        public uint AvailableIn;
        public uint TotalInLow;
        public uint TotalInHigh;
        public byte* NextOut;
        public uint AvailableOut;
    }
}
