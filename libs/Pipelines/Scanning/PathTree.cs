using System.Text;

namespace Ingest.Pipelines.Scanning;

/// <summary>All paths that a definition mentions, as one tree; each has a slot for the value found there.</summary>
internal sealed class PathTree
{
    private readonly List<JsonPath> _paths = [];

    public PathNode Root { get; } = new();

    public int Slots => _paths.Count;

    /// <summary>The slot of a path; the same path gets the same slot.</summary>
    public int Slot(JsonPath path)
    {
        var known = _paths.IndexOf(path);
        if (known >= 0)
            return known;

        var slot = _paths.Count;
        _paths.Add(path);
        var node = Root;
        node.AddSlot(slot);
        foreach (var step in path.Steps)
        {
            node = step.Name is null ? node.GetOrAdd(step.Index) : node.GetOrAdd(Encoding.UTF8.GetBytes(step.Name));
            node.AddSlot(slot);
        }

        node.Slot = slot;
        return slot;
    }
}
