using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Ingest.Pipelines.Definition;

/// <summary>Collects the mistakes of one file.</summary>
internal sealed class Mistakes(string file)
{
    private readonly List<DefinitionError> _errors = [];

    /// <summary>All mistakes, in the order of the file.</summary>
    public IReadOnlyList<DefinitionError> InOrder => [.. _errors.OrderBy(e => e.Line).ThenBy(e => e.Column)];

    public bool Any => _errors.Count > 0;

    public int Count => _errors.Count;

    public void Add(YamlNode node, string message) => Add(node.Start, message);

    public void Add(Mark mark, string message) => Add(((int)mark.Line, (int)mark.Column), message);

    public void Add((int Line, int Column) position, string message) =>
        _errors.Add(new DefinitionError(file, position.Line, position.Column, message));
}
