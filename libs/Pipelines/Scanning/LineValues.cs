namespace Ingest.Pipelines.Scanning;

/// <summary>Where in a line a value stands.</summary>
internal struct Slot
{
    public JsonKind Kind;
    public bool Escaped;
    public int Start;
    public int Length;
}

/// <summary>The values of one line that a definition mentions.</summary>
internal readonly ref struct LineValues(ReadOnlySpan<byte> line, ReadOnlySpan<Slot> slots)
{
    private readonly ReadOnlySpan<byte> _line = line;
    private readonly ReadOnlySpan<Slot> _slots = slots;

    public JsonValue this[int slot]
    {
        get
        {
            ref readonly var found = ref _slots[slot];
            return new JsonValue(found.Kind, _line.Slice(found.Start, found.Length), found.Escaped);
        }
    }

    public JsonKind KindOf(int slot) => _slots[slot].Kind;
}
