using System.Text;

namespace Ingest.Pipelines.Compiled;

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
        node.AllSlots = [.. node.AllSlots, slot];
        foreach (var step in path.Steps)
        {
            node = node.GetOrAdd(step);
            node.AllSlots = [.. node.AllSlots, slot];
        }

        node.Slot = slot;
        return slot;
    }
}

/// <summary>A place in a line that some path passes through or ends at.</summary>
internal sealed class PathNode
{
    public const int NoSlot = -1;

    /// <summary>The member's name in UTF-8; empty for elements.</summary>
    public byte[] Name { get; private init; } = [];

    public int Index { get; private init; }

    /// <summary>Where the value at this place goes, or <see cref="NoSlot"/>.</summary>
    public int Slot { get; set; } = NoSlot;

    /// <summary>The slots of this place and all below: what a second value for the same member makes void.</summary>
    public int[] AllSlots { get; set; } = [];

    public PathNode[] Members { get; private set; } = [];

    public PathNode[] Elements { get; private set; } = [];

    public PathNode GetOrAdd(JsonPathStep step)
    {
        if (step.Name is null)
        {
            if (Elements.FirstOrDefault(e => e.Index == step.Index) is { } element)
                return element;
            var added = new PathNode { Index = step.Index };
            Elements = [.. Elements, added];
            return added;
        }

        var name = Encoding.UTF8.GetBytes(step.Name);
        if (Members.FirstOrDefault(m => m.Name.AsSpan().SequenceEqual(name)) is { } member)
            return member;
        var addedMember = new PathNode { Name = name };
        Members = [.. Members, addedMember];
        return addedMember;
    }
}
