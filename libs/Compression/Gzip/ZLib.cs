using System.Runtime.InteropServices;

namespace Ingest.Compression.Gzip;

/// <summary>
/// The zlib-ng that comes with .NET, by the functions that its own streams call. Those streams do not say where a member
/// ended, and would drop what follows it unseen.
/// </summary>
internal static unsafe class ZLib
{
    public const int Ok = 0;
    public const int StreamEnd = 1;
    public const int BufferError = -5;

    /// <summary>The largest window, and a gzip header (zlib.h, inflateInit2).</summary>
    private const int GzipWindowBits = 15 + 16;
    private const int NoFlush = 0;

    // Calls by name, since there is nothing to look into where .NET is linked into the program.
    private const string Library = "libSystem.IO.Compression.Native";

    public static Stream* Open()
    {
        var stream = (Stream*)NativeMemory.AllocZeroed((nuint)sizeof(Stream));
        if (InflateInit2(stream, GzipWindowBits) == Ok)
            return stream;
        NativeMemory.Free(stream);
        throw DecompressionRefusedException.OutOfMemory();
    }

    public static int Inflate(Stream* stream) => Inflate(stream, NoFlush);

    /// <summary>Makes it ready for another member.</summary>
    public static void Reset(Stream* stream) => _ = InflateReset2(stream, GzipWindowBits);

    public static void Close(Stream* stream)
    {
        _ = InflateEnd(stream);
        NativeMemory.Free(stream);
    }

    [DllImport(Library, EntryPoint = "CompressionNative_InflateInit2_")]
    private static extern int InflateInit2(Stream* stream, int windowBits);

    [DllImport(Library, EntryPoint = "CompressionNative_InflateReset2_")]
    private static extern int InflateReset2(Stream* stream, int windowBits);

    [DllImport(Library, EntryPoint = "CompressionNative_Inflate")]
    private static extern int Inflate(Stream* stream, int flush);

    [DllImport(Library, EntryPoint = "CompressionNative_InflateEnd")]
    private static extern int InflateEnd(Stream* stream);

    [StructLayout(LayoutKind.Sequential)]
    public struct Stream
    {
        public byte* NextIn;
        public byte* NextOut;
        public byte* Message;
        public void* State;
        public uint AvailableIn;
        public uint AvailableOut;
    }
}
