using System.Text;
using Ingest.Messaging;

namespace Ingest.UnitTests.Messaging;

public class LineReaderTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("\n\n", "")]
    [InlineData("a", "7@0=a")]
    [InlineData("a\n", "7@0=a")]
    [InlineData("\na\r\n \n\rb\r\r\nc\r", "8@1=a 10@6=\rb\r 11@11=c\r")]
    public void Lines_keep_their_number_and_place(string segment, string expected)
    {
        var found = new List<string>();
        var bytes = Encoding.UTF8.GetBytes(segment);
        var reader = new LineReader(bytes, firstLine: 7);
        while (reader.MoveNext())
        {
            Assert.True(reader.Line.SequenceEqual(bytes.AsSpan(reader.Offset, reader.Line.Length)));
            found.Add($"{reader.Number}@{reader.Offset}={Encoding.UTF8.GetString(reader.Line)}");
        }

        Assert.False(reader.MoveNext());
        Assert.Equal(expected, string.Join(' ', found));
    }
}
