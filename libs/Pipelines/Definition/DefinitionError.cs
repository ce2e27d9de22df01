namespace Ingest.Pipelines.Definition;

/// <summary>One mistake in a definition. Line and column count from 1, columns in UTF-16 characters.</summary>
public sealed record DefinitionError(string File, int Line, int Column, string Message)
{
    /// <summary><c>file:line:column: message</c>, which editors and terminals can jump to.</summary>
    public override string ToString() => $"{File}:{Line}:{Column}: {Message}";
}
