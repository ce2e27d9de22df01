using SharpCompress.Common;

namespace Ingest.Compression.Decoding;

/// <summary>
/// A stream of SharpCompress: read in small pieces, since one that fails loses what it has made in that piece, and with
/// all that it throws at damaged bytes as one kind of exception.
/// </summary>
internal sealed class SharpCompressStream(Stream content, CompressedInput input) : ReadOnlyStream
{
    private const int PieceBytes = 512;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            await input.WaitAsync(cancellationToken);
            return 0;
        }

        try
        {
            return await content.ReadAsync(buffer[..Math.Min(buffer.Length, PieceBytes)], cancellationToken);
        }
        catch (Exception damaged) when (IsFault(damaged))
        {
            throw Fault(damaged, input);
        }
    }

    /// <summary>Decoders that trust their input fail by what they then run into.</summary>
    public static bool IsFault(Exception thrown) =>
        thrown is SharpCompressException or InvalidDataException or EndOfStreamException or IndexOutOfRangeException or ArgumentException
            or InvalidOperationException or NullReferenceException or ArithmeticException or NotSupportedException;

    public static InvalidDataException Fault(Exception thrown, CompressedInput input) =>
        new(input.IsLast && input.Available.IsEmpty ? "is cut short" : "is damaged", thrown);

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("A source is read asynchronously.");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            content.Dispose();
        base.Dispose(disposing);
    }
}
