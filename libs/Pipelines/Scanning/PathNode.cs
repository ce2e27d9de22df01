using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Ingest.Pipelines.Values;

namespace Ingest.Pipelines.Scanning;

/// <summary>A place in a line that some path passes through or ends at.</summary>
internal sealed class PathNode
{
    public const int NoSlot = -1;
    private const int Kinds = 64;

    /// <summary>The member's name in UTF-8; empty for elements.</summary>
    private byte[] _name = [];
    private PathNode[] _members = [];

    /// <summary>By <see cref="NameKind"/>: the members with names of that kind.</summary>
    private readonly PathNode[]?[] _byKind = new PathNode[]?[Kinds];
    private readonly Dictionary<int, PathNode> _elements = [];

    /// <summary>The slots of this place and all below: what a second value for the same member makes void.</summary>
    private int[] _allSlots = [];

    /// <summary>Where the value at this place goes, or <see cref="NoSlot"/>.</summary>
    public int Slot { get; set; } = NoSlot;

    /// <summary>A bit for each <see cref="NameKind"/> of which some member's name is.</summary>
    public ulong NameKinds { get; private set; }

    /// <summary>There is no slot but its own to clear.</summary>
    public bool IsAlone => Slot != NoSlot && _allSlots.Length == 1;

    /// <summary>No path goes on from here.</summary>
    public bool IsLeaf => _members.Length == 0 && _elements.Count == 0;

    public void AddSlot(int slot) => _allSlots = [.. _allSlots, slot];

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Clear(Slot[] slots)
    {
        foreach (var slot in _allSlots)
            slots[slot] = default;
    }

    /// <summary>Names of one object mostly differ in length, first or last byte. Around an empty one there are quotes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int NameKind(ref byte line, int start, int end) =>
        (end - start + (Unsafe.Add(ref line, (uint)start) * 7) + (Unsafe.Add(ref line, (uint)end - 1) * 31)) & (Kinds - 1);

    /// <param name="line">The line's first byte.</param>
    /// <param name="start">Where the name begins, behind its quote.</param>
    /// <param name="end">Where its other quote stands.</param>
    /// <param name="index">The line's.</param>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public PathNode? Find(ref byte line, int start, int end, LineIndex index)
    {
        var name = MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref line, start), end - start);
        if (index.HasBackslash && index.HasBackslashIn(start, end))
            return FindEscaped(name);
        foreach (var candidate in _byKind[NameKind(ref line, start, end)] ?? [])
        {
            if (name.SequenceEqual(candidate._name))
                return candidate;
        }

        return null;
    }

    public PathNode? Element(int index) => _elements.GetValueOrDefault(index);

    public PathNode GetOrAdd(int element)
    {
        if (!_elements.TryGetValue(element, out var node))
            _elements[element] = node = new PathNode();
        return node;
    }

    public PathNode GetOrAdd(byte[] member)
    {
        if (Array.Find(_members, m => m._name.AsSpan().SequenceEqual(member)) is { } known)
            return known;
        var added = new PathNode { _name = member };
        _members = [.. _members, added];
        byte[] quoted = [(byte)'"', .. member, (byte)'"'];
        var kind = NameKind(ref quoted[0], 1, quoted.Length - 1);
        _byKind[kind] = [.. _byKind[kind] ?? [], added];
        NameKinds |= 1UL << kind;
        return added;
    }

    private PathNode? FindEscaped(ReadOnlySpan<byte> name)
    {
        foreach (var member in _members)
        {
            if (JsonText.Equals(name, escaped: true, member._name))
                return member;
        }

        return null;
    }
}
