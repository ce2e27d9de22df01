namespace Ingest.Compression;

/// <summary>What decompressing may cost. The defaults are those of the settings that the messages name.</summary>
public sealed record DecompressionLimits
{
    /// <summary>What <c>zstd</c> itself reads without being asked.</summary>
    public const long DefaultMaxWindowBytes = 128 * 1024 * 1024;

    /// <summary>Bytes that all inputs together may hold while they are decompressed; raised to what one window needs.</summary>
    public long Bytes { get; init; } = 512 * 1024 * 1024;

    /// <summary>The largest window (zstd) or dictionary (xz) of one input, in bytes.</summary>
    public long MaxWindowBytes { get; init; } = DefaultMaxWindowBytes;

    /// <summary>How long an input waits for memory that others hold.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many bytes may come out for each that goes in, once <see cref="FreeBytes"/> are out.</summary>
    public int MaxExpansion { get; init; } = 1_000;

    /// <summary>Bytes that any input may expand to: short runs of equal lines expand more than archives do.</summary>
    public long FreeBytes { get; init; } = 1024 * 1024 * 1024;
}
