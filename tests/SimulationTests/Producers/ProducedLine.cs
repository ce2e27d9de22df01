using System.Text;

namespace Ingest.SimulationTests.Producers;

/// <summary>A line as its producer thinks of it; the text also names who sent it and at which place.</summary>
/// <param name="Kind">What is to become of it.</param>
/// <param name="Key">The row's key.</param>
/// <param name="Padding">Bytes that no column looks at.</param>
internal sealed record ProducedLine(LineKind Kind, long Key, int Padding)
{
    /// <summary>The line without its line end.</summary>
    public byte[] Text(string tag) => Kind switch
    {
        LineKind.Blank => "  "u8.ToArray(),
        LineKind.InvalidJson => Utf8($$"""{"id":{{Key}},"tag":"{{tag}}","keep":true"""),
        LineKind.NotAnObject => Utf8($"[{Key}]"),
        LineKind.MissingRequired => Utf8($$"""{"id":{{Key}},"keep":true,"n":1}"""),
        LineKind.InvalidValue => Utf8($$"""{"id":{{Key}},"tag":"{{tag}}","n":"many","keep":true}"""),
        LineKind.InvalidUtf8 => [.. Utf8($$"""{"id":{{Key}},"tag":"{{tag}}"""), 0xFF, .. Utf8("\",\"keep\":true}")],
        LineKind.TooLong => Utf8($$"""{"id":{{Key}},"tag":"{{tag}}","n":1,"keep":true,"pad":"{{new string('y', Padding)}}"}"""),
        LineKind.Refused => Utf8($$"""{"id":{{Key}},"tag":"{{tag}}","n":13,"keep":true}"""),
        _ => Utf8($$"""{"id":{{Key}},"tag":"{{tag}}","n":1,"keep":{{(Kind == LineKind.Row ? "true" : "false")}},"pad":"{{new string('x', Padding)}}"}"""),
    };

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
