using System.IO.Compression;

namespace Ingest.Compression.Gzip;

/// <summary>
/// The same by <see cref="GZipStream"/> (which must validate strictly: a setting of the process), where the library
/// cannot be called. Bytes that follow the last member pass unseen.
/// </summary>
internal sealed class ManagedGzipStream(CompressedInput input) : ReadOnlyStream
{
    private readonly GZipStream _members = new(input, CompressionMode.Decompress, leaveOpen: true);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await _members.ReadAsync(buffer, cancellationToken);
        }
        catch (InvalidDataException damaged)
        {
            throw new InvalidDataException(input.IsLast ? "is cut short" : "is damaged", damaged);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("A source is read asynchronously.");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _members.Dispose();
        base.Dispose(disposing);
    }
}
