using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Ingest.Pipelines.Scanning;

/// <summary>
/// One way through a line's tokens, checking the JSON grammar (RFC 8259) and noting the values that paths lead to.
/// </summary>
/// <remarks>
/// Between two tokens there are only the rest of the first one, white space, commas and colons, so that a look at the
/// two bytes before a token nearly always tells whether what lies between is right. After the last token the line's end
/// is found for one, where the LF stands, which begins nothing. The index must be sound.
/// </remarks>
internal ref struct LineWalk(ref byte line, ref int tokens, LineIndex index, Slot[] slots)
{
    /// <summary>A quote and a colon, as a little-endian number.</summary>
    private const ushort QuoteAndColon = '"' | (':' << 8);

    /// <summary>A quote and a comma.</summary>
    private const ushort QuoteAndComma = '"' | (',' << 8);

    private readonly ref byte _line = ref line;
    private readonly LineIndex _index = index;
    private readonly Slot[] _slots = slots;

    /// <summary>The token where the walk stands.</summary>
    private ref int _token = ref tokens;

    /// <summary>Takes a line that is one object, and no other.</summary>
    public bool TakeLine(PathNode root)
    {
        var start = _token;
        if (At(ref _line, start) != '{' || !Gap.IsBlank(ref _line, 0, start) || !TakeContainer(root, 1))
            return false;
        var end = _token + 1;
        return Unsafe.Add(ref _token, 1) == _index.End && Gap.IsBlank(ref _line, end, _index.End);
    }

    /// <summary>Takes an object or an array, from its first token to its last, at which the walk stands afterwards.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool TakeContainer(PathNode? node, int depth)
    {
        if (depth > LineScanner.DeepestNesting)
            return false;
        var start = _token;
        var isObject = At(ref _line, start) == '{';
        node?.Clear(_slots);
        _token = ref Unsafe.Add(ref _token, 1);
        var first = _token;
        if (first != start + 1 && !Gap.IsBlank(ref _line, start + 1, first))
            return false;
        var inside = node is null || node.IsLeaf ? null : node;
        if (At(ref _line, first) != (isObject ? '}' : ']') && !(isObject ? TakeMembers(inside, depth) : TakeElements(inside, depth)))
            return false;
        if (node is not null && node.Slot != PathNode.NoSlot)
            _slots[node.Slot] = new Slot { Kind = isObject ? JsonKind.Object : JsonKind.Array, Start = start, Length = _token + 1 - start };
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool TakeMembers(PathNode? node, int depth)
    {
        ref var line = ref _line;
        ref var token = ref _token;
        var kinds = node?.NameKinds ?? 0;
        var mayEscape = node is not null && _index.HasBackslash;
        while (true)
        {
            var place = token;
            var value = Unsafe.Add(ref token, 1);
            if (At(ref line, place) != '"')
                return false;
            var nameEnd = value - 2;
            if (Pair(ref line, nameEnd) != QuoteAndColon)
            {
                nameEnd = Gap.EndOfString(ref line, place, value, (byte)':') - 1;
                if (nameEnd < 0)
                    return false;
            }

            PathNode? child = null;
            if (((kinds >> PathNode.NameKind(ref line, place + 1, nameEnd)) & 1) != 0 || (mayEscape && _index.MayHaveBackslashIn(place + 1, nameEnd)))
                child = node!.Find(ref line, place + 1, nameEnd, _index);
            token = ref Unsafe.Add(ref token, 1);
            int end;
            if (child is null && IsPlain(ref line, value, Unsafe.Add(ref token, 1)))
            {
                token = ref Unsafe.Add(ref token, 1);
                continue;
            }

            if ((At(ref line, value) | 0x20) == '{')
            {
                _token = ref token;
                if (!TakeContainer(child, depth + 1))
                    return false;
                token = ref _token;
                end = token + 1;
            }
            else
            {
                end = TakeScalar(ref line, ref token, child);
                if (end < 0)
                    return false;
            }

            token = ref Unsafe.Add(ref token, 1);
            if (At(ref line, end) == ',' && token == end + 1)
                continue;
            if (token != end)
            {
                var commas = Gap.Commas(ref line, end, token);
                if (commas > 0)
                    continue;
                if (commas < 0)
                    return false;
            }

            _token = ref token;
            return At(ref line, token) == '}';
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool TakeElements(PathNode? node, int depth)
    {
        ref var token = ref _token;
        for (var element = 0; ; element++)
        {
            var child = node?.Element(element);
            int end;
            if (At(ref _line, token) is (byte)'{' or (byte)'[')
            {
                _token = ref token;
                if (!TakeContainer(child, depth + 1))
                    return false;
                token = ref _token;
                end = token + 1;
            }
            else
            {
                end = TakeScalar(ref _line, ref token, child);
                if (end < 0)
                    return false;
            }

            token = ref Unsafe.Add(ref token, 1);
            var commas = Gap.Commas(ref _line, end, token);
            if (commas > 0)
                continue;
            _token = ref token;
            return commas == 0 && At(ref _line, token) == ']';
        }
    }

    /// <summary>
    /// Whether a string, a few digits or a literal stands between two tokens, with a comma behind it and nothing else:
    /// what most members are.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly bool IsPlain(ref byte line, int place, int next)
    {
        var first = At(ref line, place);
        if (first == '"')
            return Pair(ref line, next - 2) == QuoteAndComma;
        if (At(ref line, next - 1) != ',')
            return false;
        var length = next - 1 - place;
        var literal = LiteralName.Starting(first);
        return literal.First == first
            ? length == literal.Length && Word(ref line, next - 5) == literal.LastFour
            : JsonNumber.IsDigits(ref line, place, length, _index.End);
    }

    /// <summary>Where the string, number or literal ends that begins at a token, or a negative number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly int TakeScalar(ref byte line, ref int token, PathNode? child)
    {
        var place = token;
        int end;
        JsonKind kind;
        switch (At(ref line, place))
        {
            case (byte)'"':
                var next = Unsafe.Add(ref token, 1);
                end = At(ref line, next - 1) == ',' ? next - 1 : next;
                if (At(ref line, end - 1) != '"')
                {
                    end = Gap.EndOfString(ref line, place, next, (byte)',');
                    if (end < 0)
                        return end;
                }

                if (child is not null)
                    Note(child, JsonKind.String, place + 1, end - 1);
                return end;
            default:
                var literal = LiteralName.Starting(At(ref line, place));
                if (literal.First == At(ref line, place))
                {
                    (kind, end) = (literal.Kind, place + literal.Length);
                    if (end > _index.End || Word(ref line, end - 4) != literal.LastFour)
                        return -1;
                }
                else
                {
                    (kind, end) = (JsonKind.Number, JsonNumber.End(ref line, place, _index.End));
                }

                break;
        }

        if (child is not null && end > 0)
            Note(child, kind, place, kind == JsonKind.Number ? end : place);
        return end;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte At(ref byte line, int place) => Unsafe.Add(ref line, (uint)place);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ushort Pair(ref byte line, int place) => Little(Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref line, (uint)place)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Word(ref byte line, int place) => Little(Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref line, (uint)place)));

    private static ushort Little(ushort read) => BitConverter.IsLittleEndian ? read : BinaryPrimitives.ReverseEndianness(read);

    private static uint Little(uint read) => BitConverter.IsLittleEndian ? read : BinaryPrimitives.ReverseEndianness(read);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Note(PathNode node, JsonKind kind, int start, int end)
    {
        if (!node.IsAlone)
            node.Clear(_slots);
        if (node.Slot == PathNode.NoSlot)
            return;
        var escaped = kind == JsonKind.String && _index.HasBackslash && _index.HasBackslashIn(start, end);
        _slots[node.Slot] = new Slot { Kind = kind, Start = start, Length = end - start, Escaped = escaped };
    }
}
