using System.IO.Hashing;

namespace Ingest.Compression.Xz;

/// <summary>The sizes of a stream's blocks, as they were found and as its index says (section 4), in constant memory.</summary>
internal sealed class XzIndex
{
    private readonly XxHash128 _found = new();
    private ulong _blocks;

    /// <param name="unpaddedBytes">Header, data and check.</param>
    /// <param name="contentBytes">What it unpacks to.</param>
    public void Add(long unpaddedBytes, long contentBytes)
    {
        _blocks++;
        Append(_found, (ulong)unpaddedBytes, (ulong)contentBytes);
    }

    /// <summary>Reads the index behind its indicator, and says how long it is, all in all.</summary>
    /// <exception cref="InvalidDataException">It does not name the blocks that were there.</exception>
    public async ValueTask<long> VerifyAsync(XzReader reader, CancellationToken cancellationToken)
    {
        const int indicatorBytes = 1;
        var start = reader.Offset - indicatorBytes;
        if (await reader.ReadIntegerAsync(cancellationToken) != _blocks)
            throw XzReader.Damaged();
        var said = new XxHash128();
        for (ulong i = 0; i < _blocks; i++)
            Append(said, await reader.ReadIntegerAsync(cancellationToken), await reader.ReadIntegerAsync(cancellationToken));
        if (said.GetCurrentHashAsUInt128() != _found.GetCurrentHashAsUInt128())
            throw XzReader.Damaged();
        await reader.ReadPaddingAsync(reader.Offset - start, cancellationToken);
        await reader.VerifyChecksumAsync(cancellationToken);
        return reader.Offset - start;
    }

    private static void Append(XxHash128 hash, ulong unpaddedBytes, ulong contentBytes)
    {
        hash.Append(BitConverter.GetBytes(unpaddedBytes));
        hash.Append(BitConverter.GetBytes(contentBytes));
    }
}
