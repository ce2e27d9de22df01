namespace Ingest.Pipelines;

/// <summary>The first mistake in an expression or a path: its offset in UTF-16 characters from 0, and what to do about it.</summary>
public sealed record SyntaxError(int Offset, string Message);

/// <summary>Carries a <see cref="SyntaxError"/> up from the depths of a grammar; it never leaves a parser.</summary>
internal sealed class SyntaxErrorException(int offset, string message) : Exception(message)
{
    public SyntaxError Error { get; } = new(offset, message);
}
