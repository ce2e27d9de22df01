using System.Text;

namespace Ingest.UnitTests.Compression;

/// <summary>Frames of RFC 8878 made by hand.</summary>
internal static class ZstdFrames
{
    /// <summary>One raw block (section 3.1.1.2) in a frame that wants a window of two to that power.</summary>
    public static byte[] Of(int windowLog, string content)
    {
        const int smallestLog = 10;
        var header = (content.Length << 3) | 1;
        return
        [
            0x28, 0xb5, 0x2f, 0xfd, 0x00, (byte)((windowLog - smallestLog) << 3),
            (byte)header, (byte)(header >> 8), (byte)(header >> 16), .. Encoding.ASCII.GetBytes(content),
        ];
    }
}
