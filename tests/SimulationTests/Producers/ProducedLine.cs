using System.Text;
using Ingest.SimulationTests.Store;

namespace Ingest.SimulationTests.Producers;

/// <summary>A line as its producer thinks of it; the text also names who sent it and at which place.</summary>
/// <param name="Kind">What is to become of it.</param>
/// <param name="Key">The row's key.</param>
/// <param name="Padding">Bytes that no column looks at.</param>
internal sealed record ProducedLine(LineKind Kind, long Key, int Padding)
{
    /// <summary>The row's number, which differs from line to line and is none that the table refuses.</summary>
    public int Number => 100 + Padding;

    /// <summary>The line without its line end.</summary>
    public byte[] Text(string tag) => Kind switch
    {
        LineKind.Blank => "  "u8.ToArray(),
        LineKind.InvalidJson => Utf8($$"""{"id":{{Key}},"tag":"{{tag}}","keep":true"""),
        LineKind.NotAnObject => Utf8($"[{Key}]"),
        LineKind.MissingRequired => Utf8($$"""{"id":{{Key}},"keep":true,"n":1}"""),
        LineKind.InvalidValue => Utf8($$"""{"id":{{Key}},"tag":"{{tag}}","n":"many","keep":true}"""),
        LineKind.InvalidUtf8 => [.. Utf8($$"""{"id":{{Key}},"tag":"{{tag}}"""), 0xFF, .. Utf8("\",\"keep\":true}")],
        LineKind.TooLong => Utf8($$"""{"id":{{Key}},"tag":"{{tag}}","n":{{Number}},"keep":true,"pad":"{{new string('y', Padding)}}"}"""),
        LineKind.Refused => Utf8($$"""{"id":{{Key}},"tag":"{{tag}}","n":{{StoredRow.RefusedNumber}},"keep":true}"""),
        _ => Utf8($$"""{"id":{{Key}},"tag":"{{tag}}","n":{{Number}},"keep":{{(Kind == LineKind.Row ? "true" : "false")}},"pad":"{{new string('x', Padding)}}"}"""),
    };

    /// <summary>The row that the line becomes, as a reject that the database made keeps it.</summary>
    public byte[] Row(string tag) => Utf8($$"""{"id":{{Key}},"tag":"{{tag}}","n":{{StoredRow.RefusedNumber}}}""");

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
