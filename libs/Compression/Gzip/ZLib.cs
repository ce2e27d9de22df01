using System.IO.Compression;
using System.Runtime.InteropServices;
using Ingest.Compression.Decoding;

namespace Ingest.Compression.Gzip;

/// <summary>
/// The zlib-ng that comes with .NET, by the functions that its own streams call. Those streams do not say where a member
/// ended, so that whether other bytes follow could not be told.
/// </summary>
internal static unsafe class ZLib
{
    public const int Ok = 0;
    public const int StreamEnd = 1;
    public const int BufferError = -5;

    /// <summary>The largest window, and a gzip header (zlib.h, inflateInit2).</summary>
    private const int GzipWindowBits = 15 + 16;
    private const int NoFlush = 0;

    private static readonly NativeExports Exports = new("libSystem.IO.Compression.Native", typeof(GZipStream).Assembly);

    private static readonly delegate* unmanaged<Stream*, int, int> InflateInit2 =
        (delegate* unmanaged<Stream*, int, int>)Exports.Find("CompressionNative_InflateInit2_");

    private static readonly delegate* unmanaged<Stream*, int, int> InflateReset2 =
        (delegate* unmanaged<Stream*, int, int>)Exports.Find("CompressionNative_InflateReset2_");

    private static readonly delegate* unmanaged<Stream*, int, int> InflateNext =
        (delegate* unmanaged<Stream*, int, int>)Exports.Find("CompressionNative_Inflate");

    private static readonly delegate* unmanaged<Stream*, int> InflateEnd =
        (delegate* unmanaged<Stream*, int>)Exports.Find("CompressionNative_InflateEnd");

    public static bool IsThere { get; } = Exports.Has(
        "CompressionNative_InflateInit2_", "CompressionNative_InflateReset2_", "CompressionNative_Inflate", "CompressionNative_InflateEnd");

    public static Stream* Open()
    {
        var stream = (Stream*)NativeMemory.AllocZeroed((nuint)sizeof(Stream));
        return InflateInit2(stream, GzipWindowBits) == Ok ? stream : throw DecompressionRefusedException.OutOfMemory();
    }

    public static int Inflate(Stream* stream) => InflateNext(stream, NoFlush);

    /// <summary>Makes it ready for another member.</summary>
    public static void Reset(Stream* stream) => _ = InflateReset2(stream, GzipWindowBits);

    public static void Close(Stream* stream)
    {
        _ = InflateEnd(stream);
        NativeMemory.Free(stream);
    }

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
