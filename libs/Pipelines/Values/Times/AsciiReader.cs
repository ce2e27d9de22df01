namespace Ingest.Pipelines.Values.Times;

/// <summary>Reads a short text from its beginning to its end.</summary>
internal ref struct AsciiReader(ReadOnlySpan<byte> text)
{
    private ReadOnlySpan<byte> _rest = text;

    public readonly bool IsAtEnd => _rest.Length == 0;

    /// <summary>The next byte, or 0 at the end.</summary>
    public readonly byte Next => _rest.Length == 0 ? (byte)0 : _rest[0];

    /// <summary>How many digits come next.</summary>
    public readonly int CountDigits()
    {
        var count = 0;
        while (count < _rest.Length && AsciiText.IsDigit(_rest[count]))
            count++;
        return count;
    }

    /// <summary>How many ASCII letters come next.</summary>
    public readonly int CountLetters()
    {
        var count = 0;
        while (count < _rest.Length && char.IsAsciiLetter((char)_rest[count]))
            count++;
        return count;
    }

    public bool TrySkip(byte value)
    {
        if (_rest.Length == 0 || _rest[0] != value)
            return false;
        _rest = _rest[1..];
        return true;
    }

    public bool SkipSpaces()
    {
        var before = _rest.Length;
        _rest = _rest.TrimStart((byte)' ');
        return _rest.Length < before;
    }

    /// <summary>Takes exactly that many bytes; false when there are fewer.</summary>
    public bool TryTake(int count, out ReadOnlySpan<byte> taken)
    {
        taken = default;
        if (_rest.Length < count)
            return false;
        taken = _rest[..count];
        _rest = _rest[count..];
        return true;
    }

    /// <summary>Takes a number of exactly that many digits, at most nine.</summary>
    public bool TryTakeNumber(int digits, out int value)
    {
        value = 0;
        if (!TryTake(digits, out var taken))
            return false;
        foreach (var digit in taken)
        {
            if (!AsciiText.IsDigit(digit))
                return false;
            value = (value * 10) + (digit - '0');
        }

        return true;
    }
}
