using Ingest.Messaging;

namespace Ingest.UnitTests;

/// <summary>Line batches as a gateway makes them.</summary>
internal static class Lines
{
    /// <param name="parts">The lines of each segment.</param>
    public static LineBatch Batch(params byte[][] parts)
    {
        var segments = new List<Segment>();
        foreach (var part in parts)
        {
            var reader = new LineReader(part, 1);
            var lines = 0;
            while (reader.MoveNext())
                lines++;
            segments.Add(new Segment
            {
                SourceId = Guid.NewGuid(),
                Source = $"source {segments.Count}",
                FirstLine = 100 * (segments.Count + 1),
                NextLine = (100 * (segments.Count + 1)) + part.Count(b => b == '\n') + (part is [.., not (byte)'\n'] ? 1 : 0),
                ByteOffset = 0,
                ByteLength = part.Length,
                PayloadLength = part.Length,
                Lines = lines,
            });
        }

        return new LineBatch
        {
            Id = Guid.NewGuid(),
            Pipeline = "p",
            Definition = "",
            Segments = segments,
            Lines = parts.SelectMany(part => part).ToArray(),
        };
    }
}
