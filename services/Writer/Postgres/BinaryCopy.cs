namespace Ingest.Writer.Postgres;

/// <summary>What stands before and after the tuples of a binary COPY (PostgreSQL documentation, COPY, "Binary Format").</summary>
internal static class BinaryCopy
{
    /// <summary>The signature, no flags, no header extension.</summary>
    public static readonly ReadOnlyMemory<byte> Header =
        new byte[] { (byte)'P', (byte)'G', (byte)'C', (byte)'O', (byte)'P', (byte)'Y', (byte)'\n', 0xff, (byte)'\r', (byte)'\n', 0, 0, 0, 0, 0, 0, 0, 0, 0 };

    public static readonly ReadOnlyMemory<byte> Trailer = new byte[] { 0xff, 0xff };
}
