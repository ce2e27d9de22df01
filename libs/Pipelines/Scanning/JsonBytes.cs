namespace Ingest.Pipelines.Scanning;

/// <summary>The bytes that structure JSON, by their low four bits: each table has one for 16 values, which a shuffle looks up.</summary>
internal static class JsonBytes
{
    /// <summary>The only white space, comma or colon that ends so.</summary>
    public static ReadOnlySpan<byte> Gaps => " \0\0\0\0\0\0\0\0\t:\0,\r\0\0"u8;

    /// <summary>The brace that ends so, which is the bracket with bit 5 set.</summary>
    public static ReadOnlySpan<byte> Braces => "\0\0\0\0\0\0\0\0\0\0\0{\0}\0\0"u8;
}
