using System.Text;
using CsCheck;
using Ingest.Gateway.Edge;

namespace Ingest.UnitTests.Gateway.Edge;

public class TokenLineTests
{
    private static readonly Gen<string> Texts = Gen.Char[' ', '~'].Array[0, 1000].Select(chars => new string(chars));

    [Fact]
    public async Task The_first_line_is_read_and_not_a_byte_after_it() => await Gen.Select(Texts, Gen.Bool, Gen.Byte.Array[0, 50])
        .SampleAsync(async (text, windows, rest) =>
        {
            using var input = new ChunkedStream([.. Encoding.ASCII.GetBytes(text + (windows ? "\r\n" : "\n")), .. rest], []);
            Assert.Equal(text, await TokenLine.ReadAsync(input, CancellationToken.None));
            Assert.Equal(rest, input.Rest());
        }, iter: 300);

    [Fact]
    public async Task A_line_without_an_end_is_the_end_of_the_connection() => await Texts.SampleAsync(async text =>
    {
        using var input = new ChunkedStream(Encoding.ASCII.GetBytes(text), []);
        await Assert.ThrowsAsync<EndOfStreamException>(() => TokenLine.ReadAsync(input, CancellationToken.None).AsTask());
    }, iter: 300);

    [Fact]
    public async Task A_line_that_is_too_long_is_none()
    {
        using var input = new ChunkedStream(new byte[100_000], []);
        Assert.Null(await TokenLine.ReadAsync(input, CancellationToken.None));
        Assert.Equal(1024, input.Position);
    }
}
