using Ingest.Pipelines.Definition;
using Ingest.Pipelines.Scanning;

namespace Ingest.Pipelines.Compiled;

/// <summary>
/// A definition's filter alone, made ready to run where no rows are built: only the paths that it mentions are looked
/// for. Immutable; each thread takes a <see cref="LineFilter"/> of its own.
/// </summary>
public sealed class CompiledFilter
{
    /// <exception cref="ArgumentException">The definition has no filter.</exception>
    public CompiledFilter(PipelineDefinition definition)
    {
        if (definition.Where is null)
            throw new ArgumentException($"Pipeline {definition.Name} keeps every line.", nameof(definition));
        MaxLineBytes = definition.MaxLineBytes;
        Predicate = FilterCompiler.Compile(definition.Where, Paths);
    }

    internal int MaxLineBytes { get; }

    internal PathTree Paths { get; } = new();

    internal Predicate Predicate { get; }
}
