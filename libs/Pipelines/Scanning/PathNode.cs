using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Ingest.Pipelines.Values;

namespace Ingest.Pipelines.Scanning;

/// <summary>A place in a line that some path passes through or ends at.</summary>
internal sealed class PathNode
{
    public const int NoSlot = -1;

    /// <summary>The member's name in UTF-8; empty for elements.</summary>
    private byte[] _name = [];
    private PathNode[] _members = [];

    /// <summary>By <see cref="Bucket"/>: the members with names of that kind.</summary>
    private PathNode[]?[] _buckets = new PathNode[]?[1];
    private readonly Dictionary<int, PathNode> _elements = [];

    /// <summary>The slots of this place and all below: what a second value for the same member makes void.</summary>
    private int[] _allSlots = [];

    /// <summary>Where the value at this place goes, or <see cref="NoSlot"/>.</summary>
    public int Slot { get; set; } = NoSlot;

    /// <summary>No path goes on from here.</summary>
    public bool IsLeaf => _members.Length == 0 && _elements.Count == 0;

    public void AddSlot(int slot) => _allSlots = [.. _allSlots, slot];

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Clear(Slot[] slots)
    {
        foreach (var slot in _allSlots)
            slots[slot] = default;
    }

    /// <param name="line">The line's first byte.</param>
    /// <param name="start">Where the name begins, behind its quote.</param>
    /// <param name="end">Where its other quote stands.</param>
    /// <param name="index">The line's.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public PathNode? Find(ref byte line, int start, int end, LineIndex index)
    {
        var buckets = _buckets;
        var bucket = Bucket(ref line, start, end, buckets.Length);
        if (Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(buckets), (uint)bucket) is null && !index.MayHaveBackslashIn(start, end))
            return null;
        return FindAmong(buckets[bucket], MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref line, start), end - start), index.HasBackslashIn(start, end));
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
        if (FindAmong(_members, member, escaped: false) is { } known)
            return known;
        var added = new PathNode { _name = member };
        _members = [.. _members, added];
        _buckets = new PathNode[]?[BucketsFor(_members.Length)];
        foreach (var bucket in _members.GroupBy(m => Bucket(m._name, _buckets.Length)))
            _buckets[bucket.Key] = [.. bucket];
        return added;
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private PathNode? FindAmong(PathNode[]? candidates, ReadOnlySpan<byte> name, bool escaped)
    {
        if (escaped)
            return FindEscaped(name);
        foreach (var candidate in candidates ?? [])
        {
            if (name.SequenceEqual(candidate._name))
                return candidate;
        }

        return null;
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

    /// <summary>Many more than members, so that most other names meet an empty one.</summary>
    private static int BucketsFor(int members) => (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)members * 16);

    /// <summary>Names of one object mostly differ in length, first or last byte. Around an empty one there are quotes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Bucket(ref byte line, int start, int end, int buckets) =>
        (end - start + (Unsafe.Add(ref line, (uint)start) * 7) + (Unsafe.Add(ref line, (uint)end - 1) * 31)) & (buckets - 1);

    private static int Bucket(byte[] name, int buckets)
    {
        byte[] quoted = [(byte)'"', .. name, (byte)'"'];
        return Bucket(ref quoted[0], 1, quoted.Length - 1, buckets);
    }
}
