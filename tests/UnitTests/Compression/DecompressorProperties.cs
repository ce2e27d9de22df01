using System.Text;
using CsCheck;
using Ingest.Compression;
using Ingest.Pipelines.Definition;

namespace Ingest.UnitTests.Compression;

public sealed class DecompressorProperties
{
    private static readonly string Content = Encoding.ASCII.GetString(CompressedSamples.Content);

    private static readonly Gen<int[]> Pieces = Gen.Int[1, 300].Array[1, 8];

    public static TheoryData<Decompression, string> Formats
    {
        get
        {
            var data = new TheoryData<Decompression, string>();
            foreach (var format in CompressedSamples.All.Keys)
            {
                data.Add(format, nameof(Codecs.Fastest));
                if (format is Decompression.Xz or Decompression.Bzip2)
                    data.Add(format, nameof(Codecs.Managed));
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Formats))]
    public Task However_the_bytes_arrive_the_content_is_the_same(Decompression format, string codecs) =>
        Gen.Select(Pieces, Gen.Int[1, 5_000], Gen.Bool).SampleAsync(async (pieces, readBytes, auto) =>
        {
            var compressed = new ChunkedStream(CompressedSamples.All[format], pieces);
            var unpacking = await Unpacking.OfAsync(
                compressed, auto ? Decompression.Auto : format, Enum.Parse<Codecs>(codecs), readBytes: readBytes);
            Assert.Equal(new Unpacking(Content, null), unpacking);
        });

    [Theory, MemberData(nameof(Formats))]
    public Task Wherever_they_break_off_that_is_said_after_the_same_content(Decompression format, string codecs) =>
        Gen.Select(Pieces, Pieces, Gen.Int[1, CompressedSamples.All[format].Length - 1]).SampleAsync(async (pieces, others, length) =>
        {
            var cut = CompressedSamples.All[format].AsMemory(0, length);
            var unpacking = await Unpacking.OfAsync(new ChunkedStream(cut, pieces), format, Enum.Parse<Codecs>(codecs));
            var again = await Unpacking.OfAsync(new ChunkedStream(cut, others), format, Enum.Parse<Codecs>(codecs));
            Assert.Equal(unpacking, again);
            Assert.StartsWith(unpacking.Content, Content, StringComparison.Ordinal);

            var isWhole = CompressedSamples.Ends[format].Contains(length);
            Assert.Equal(isWhole, unpacking.Fault is null);
            if (!isWhole)
                Assert.Matches("is cut short|is damaged", unpacking.Fault!);
        });

    [Theory, MemberData(nameof(Formats))]
    public async Task Bytes_at_hand_give_the_same_as_those_that_arrive(Decompression format, string codecs)
    {
        var whole = CompressedSamples.All[format];
        for (var length = 1; length <= whole.Length; length += 13)
        {
            var cut = whole.AsMemory(0, length);
            var arriving = await Unpacking.OfAsync(new ChunkedStream(cut, 100), format, Enum.Parse<Codecs>(codecs));
            var atHand = await Unpacking.OfAsync(new MemoryStream(cut.ToArray()), format, Enum.Parse<Codecs>(codecs));
            Assert.Equal(arriving, atHand);
        }

        Assert.Equal(new Unpacking(Content, null), await Unpacking.OfAsync(new MemoryStream(whole), format, Enum.Parse<Codecs>(codecs)));
    }

    [Theory, MemberData(nameof(Formats))]
    public Task A_changed_byte_is_never_unseen(Decompression format, string codecs) =>
        Gen.Select(Pieces, Gen.Int[0, CompressedSamples.All[format].Length - 1], Gen.Int[1, 255]).SampleAsync(async (pieces, place, change) =>
        {
            var damaged = CompressedSamples.All[format].ToArray();
            damaged[place] ^= (byte)change;
            var unpacking = await Unpacking.OfAsync(new ChunkedStream(damaged, pieces), format, Enum.Parse<Codecs>(codecs));

            // Without a fault nothing may be lost or changed, but what has no checksum of its own.
            if (unpacking.Fault is null)
                Assert.True(unpacking.Content == Content || format == Decompression.Zstd || codecs == nameof(Codecs.Managed), $"{place} ^ {change}");
        });
}
