using System.Text;
using CsCheck;
using Ingest.Gateway.Edge;

namespace Ingest.UnitTests.Gateway.Edge;

public class SourceLineTests
{
    private const string Beginning = "Ingest-Source: ";

    private static readonly Gen<int[]> Chunks = Gen.Int[1, 20].Array[0, 5];
    private static readonly Gen<string> Names = Gen.OneOf(Gen.Char[' ', '~'], Gen.Char['À', 'ÿ'], Gen.Char['一', '丿']).Array[1, 300].Select(chars => new string(chars));

    private static readonly string[] WrongNames =
        ["\n", "\r\n", "a\tb\n", "a\u0085b\n", "a\0\n", "no end", new string('x', 1025) + "\n", new string('x', 3000)];

    /// <summary>First bytes that are close to the line, or nowhere near it.</summary>
    private static readonly Gen<byte[]> Others = Gen.OneOf(
        Gen.Byte.Array[0, 50].Where(bytes => bytes is not [(byte)'I', ..]),
        Gen.Select(Gen.Int[0, 14], Gen.Byte[(byte)'0', (byte)'9'].Array[0, 20]).Select((kept, rest) => (byte[])[.. Encoding.ASCII.GetBytes(Beginning[..kept]), .. rest]),
        Gen.OneOf(WrongNames.Select(name => Gen.Const(name)).ToArray()).Select(text => Encoding.UTF8.GetBytes(Beginning + text)),
        Gen.Const((byte[])[.. Encoding.ASCII.GetBytes(Beginning), 0xff, (byte)'\n', 1]));

    [Fact]
    public async Task The_name_is_read_and_not_a_byte_after_its_line() => await Gen.Select(Names, Gen.Bool, Gen.Byte.Array[0, 50], Chunks)
        .SampleAsync(async (name, windows, rest, chunks) =>
        {
            using var input = new ChunkedStream([.. Encoding.UTF8.GetBytes(Beginning + name + (windows ? "\r\n" : "\n")), .. rest], chunks);
            Assert.Equal((name, input), await SourceLine.ReadAsync(input, CancellationToken.None));
            Assert.Equal(rest, input.Rest());
        }, iter: 1000);

    [Fact]
    public async Task Any_other_beginning_is_given_back_whole() => await Gen.Select(Others, Gen.Byte.Array[0, 50], Chunks, Chunks)
        .SampleAsync(async (first, rest, chunks, reads) =>
        {
            byte[] all = [.. first, .. first is [.., (byte)'\n'] ? rest : []];
            using var input = new ChunkedStream(all, chunks);
            var (name, given) = await SourceLine.ReadAsync(input, CancellationToken.None);
            Assert.Null(name);
            Assert.Equal(all, await ReadAllAsync(given, reads));
        }, iter: 1000);

    [Fact]
    public async Task A_name_of_1024_bytes_is_the_longest()
    {
        var name = new string('x', 1024);
        using var input = new ChunkedStream(Encoding.ASCII.GetBytes($"{Beginning}{name}\r\n"), []);
        Assert.Equal(name, (await SourceLine.ReadAsync(input, CancellationToken.None)).Name);
    }

    [Fact]
    public async Task What_was_given_back_is_there_at_once_and_then_the_connection_is_waited_for()
    {
        var connection = new ScriptedStream();
        var input = new PrefixedStream("In"u8.ToArray(), connection);
        foreach (var room in new[] { 0, 1, 0, 5 })
            Assert.Equal(Math.Min(room, 1), await input.ReadAsync(new byte[room], CancellationToken.None).AsTask().SoonAsync());
        var waiting = input.ReadAsync(Memory<byte>.Empty, CancellationToken.None).AsTask();
        Assert.False(waiting.IsCompleted);
        connection.Send("{}");
        await waiting.SoonAsync();
    }

    private static async Task<byte[]> ReadAllAsync(Stream input, int[] sizes)
    {
        var all = new List<byte>();
        for (var reads = 0; ; reads++)
        {
            var buffer = new byte[sizes.Length == 0 ? 100 : sizes[reads % sizes.Length]];
            var count = await input.ReadAsync(buffer, CancellationToken.None);
            if (count == 0)
                return [.. all];
            all.AddRange(buffer[..count]);
        }
    }
}
