using System.Buffers;
using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Ingest.Pipelines.Rows;

namespace Ingest.Pipelines.Values;

/// <summary>
/// Objects and arrays in the text form of <c>jsonb</c>: keys sorted by their length in bytes and then by their bytes,
/// the last of equal keys, <c>", "</c> and <c>": "</c> between, numbers as <c>numeric</c>, strings as
/// <c>escape_json</c> has them.
/// </summary>
internal ref struct JsonbText
{
    /// <summary>
    /// Longer text is refused, also where the writer has no room left for it: nine bytes of JSON can spell a number of
    /// 131,072 digits. Everything else grows by less than half, so that a line without such numbers never comes near.
    /// </summary>
    public const int MaxBytes = 2 * PipelineDefinition.LargestMaxLineBytes;

    private readonly ReadOnlySpan<byte> _json;
    private readonly TupleWriter _writer;
    private readonly int _limit;
    private int _at;
    private int _repaired;
    private string? _detail;

    // Stacks of the members and the unescaped keys of the objects that are open.
    private Member[] _members;
    private int _memberCount;
    private byte[] _keys;
    private int _keyBytes;

    private JsonbText(ReadOnlySpan<byte> json, TupleWriter writer)
    {
        _json = json;
        _writer = writer;
        _limit = Math.Min(writer.Length + MaxBytes, writer.MaxBytes);
        _members = [];
        _keys = [];
    }

    /// <summary>Appends valid JSON to the field begun last; returns null, or why PostgreSQL cannot hold it.</summary>
    public static string? Append(ReadOnlySpan<byte> json, TupleWriter writer, ref int repaired)
    {
        var text = new JsonbText(json, writer);
        text.WriteValue();
        repaired += text._repaired;
        ArrayPool<Member>.Shared.Return(text._members);
        ArrayPool<byte>.Shared.Return(text._keys);
        return text._detail;
    }

    public static string DescribeOverflow(ReadOnlySpan<byte> number) =>
        Refusal.Describe(new JsonValue(JsonKind.Number, number, false), Fault.Range, "a number", ColumnType.Numeric);

    // Recursion is as deep as the JSON, which the parser bounds.
    private bool WriteValue()
    {
        SkipSpace();
        switch (_json[_at])
        {
            case (byte)'{':
                return WriteObject();
            case (byte)'[':
                return WriteArray();
            case (byte)'"':
                var content = JsonTokens.TakeString(_json, ref _at, out var escaped);
                WriteString(content, escaped, ref _repaired);
                break;
            case (byte)'t':
                WriteWord("true"u8);
                break;
            case (byte)'f':
                WriteWord("false"u8);
                break;
            case (byte)'n':
                WriteWord("null"u8);
                break;
            default:
                var number = JsonTokens.TakeNumber(_json, ref _at);
                if (!NumericText.TryAppend(number, _writer))
                {
                    _detail = DescribeOverflow(number);
                    return false;
                }

                break;
        }

        if (_writer.Length <= _limit)
            return true;
        _detail = $"its text is longer than {MaxBytes} bytes";
        return false;
    }

    private bool WriteArray()
    {
        _at++;
        _writer.Append((byte)'[');
        for (var first = true; !TryEnd(']'); first = false)
        {
            if (!first)
                _writer.Append(", "u8);
            if (!WriteValue())
                return false;
        }

        _writer.Append((byte)']');
        return true;
    }

    private bool WriteObject()
    {
        _at++;
        _writer.Append((byte)'{');
        var start = _writer.Length;
        var (members, keys) = (_memberCount, _keyBytes);
        for (var first = true; !TryEnd('}'); first = false)
        {
            if (!first)
                _writer.Append(", "u8);
            var key = JsonTokens.TakeString(_json, ref _at, out var escaped);
            var (keyStart, keyLength) = PushKey(key, escaped);
            SkipSpace();
            _at++;
            var textStart = _writer.Length;
            var alreadyCounted = 0;
            WriteString(key, escaped, ref alreadyCounted);
            _writer.Append(": "u8);
            if (!WriteValue())
                return false;
            PushMember(new Member(keyStart, keyLength, textStart, _writer.Length - textStart));
        }

        Sort(_members.AsSpan(members, _memberCount - members), start);
        (_memberCount, _keyBytes) = (members, keys);
        _writer.Append((byte)'}');
        return true;
    }

    /// <summary>Puts the members, written from <paramref name="start"/> on as they came, into jsonb's order.</summary>
    private readonly void Sort(Span<Member> members, int start)
    {
        var order = new JsonbOrder(_keys);
        var sorted = true;
        for (var i = 1; i < members.Length && sorted; i++)
            sorted = order.CompareKeys(members[i - 1], members[i]) < 0;
        if (sorted)
            return;

        SortMembers(members, order);
        var length = _writer.Length - start;
        var asTheyCame = ArrayPool<byte>.Shared.Rent(length);
        _writer.Written[start..].CopyTo(asTheyCame);
        _writer.Rewind(start);
        for (var i = 0; i < members.Length; i++)
        {
            // Equal keys stand in the order in which they came.
            if (i + 1 < members.Length && order.CompareKeys(members[i], members[i + 1]) == 0)
                continue;
            if (_writer.Length > start)
                _writer.Append(", "u8);
            _writer.Append(asTheyCame.AsSpan(members[i].TextStart - start, members[i].TextLength));
        }

        ArrayPool<byte>.Shared.Return(asTheyCame);
    }

    private static void SortMembers(Span<Member> members, JsonbOrder order)
    {
        // Sorting with a comparer allocates, which most objects are too small to be worth.
        const int Few = 24;
        if (members.Length > Few)
        {
            members.Sort(order);
            return;
        }

        for (var i = 1; i < members.Length; i++)
        {
            var member = members[i];
            var place = i;
            for (; place > 0 && order.Compare(members[place - 1], member) > 0; place--)
                members[place] = members[place - 1];
            members[place] = member;
        }
    }

    private readonly void WriteString(ReadOnlySpan<byte> raw, bool escaped, ref int repaired)
    {
        _writer.Append((byte)'"');
        while (escaped)
        {
            var plain = raw.IndexOf((byte)'\\');
            if (plain < 0)
                break;
            _writer.Append(raw[..plain]);
            var character = JsonEscapes.Read(raw, plain, out var length, ref repaired);
            _writer.Advance(JsonEscapes.Write(character, _writer.GetSpan(6)));
            raw = raw[(plain + length)..];
        }

        _writer.Append(raw);
        _writer.Append((byte)'"');
    }

    private void WriteWord(ReadOnlySpan<byte> word)
    {
        _writer.Append(word);
        _at += word.Length;
    }

    private bool TryEnd(char bracket)
    {
        SkipSpace();
        if (_json[_at] == ',')
        {
            _at++;
            SkipSpace();
            return false;
        }

        if (_json[_at] != bracket)
            return false;
        _at++;
        return true;
    }

    private void SkipSpace()
    {
        while (_json[_at] <= ' ')
            _at++;
    }

    private (int Start, int Length) PushKey(scoped ReadOnlySpan<byte> raw, bool escaped)
    {
        Grow(ref _keys, _keyBytes, raw.Length);
        var start = _keyBytes;
        if (escaped)
        {
            _keyBytes += JsonText.Unescape(raw, _keys.AsSpan(start), ref _repaired);
        }
        else
        {
            raw.CopyTo(_keys.AsSpan(start));
            _keyBytes += raw.Length;
        }

        return (start, _keyBytes - start);
    }

    private void PushMember(Member member)
    {
        Grow(ref _members, _memberCount, 1);
        _members[_memberCount++] = member;
    }

    private static void Grow<T>(ref T[] array, int used, int more)
    {
        if (array.Length - used >= more)
            return;
        var larger = ArrayPool<T>.Shared.Rent(Math.Max(used + more, Math.Max(64, array.Length * 2)));
        array.AsSpan(0, used).CopyTo(larger);
        ArrayPool<T>.Shared.Return(array);
        array = larger;
    }

    /// <summary>Where an object's member lies: its unescaped key in the keys, key and value in the writer.</summary>
    private readonly record struct Member(int KeyStart, int KeyLength, int TextStart, int TextLength);

    private readonly struct JsonbOrder(byte[] keys) : IComparer<Member>
    {
        public int CompareKeys(Member x, Member y) =>
            x.KeyLength != y.KeyLength
                ? x.KeyLength.CompareTo(y.KeyLength)
                : keys.AsSpan(x.KeyStart, x.KeyLength).SequenceCompareTo(keys.AsSpan(y.KeyStart, y.KeyLength));

        public int Compare(Member x, Member y)
        {
            var byKey = CompareKeys(x, y);
            return byKey != 0 ? byKey : x.TextStart.CompareTo(y.TextStart);
        }
    }
}
