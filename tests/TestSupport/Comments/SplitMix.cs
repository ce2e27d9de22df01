namespace Ingest.TestSupport;

/// <summary>SplitMix64: a sequence of its own for every seed and line, the same on every machine and runtime.</summary>
internal struct SplitMix
{
    private const string Digits = "0123456789abcdefghijklmnopqrstuvwxyz";

    private ulong _state;

    public SplitMix(int seed, int line)
    {
        _state = ((ulong)(uint)seed << 32) | (uint)line;
        // Neighbouring lines begin at neighbouring states.
        _state = Next();
    }

    public int Below(int limit) => (int)((Next() >> 32) * (ulong)limit >> 32);

    public string Base36(int length) => ToBase36((long)(Next() >> 1), length);

    /// <summary>Mostly small, sometimes large, seldom negative.</summary>
    public int Score()
    {
        var score = Below(8);
        while (Below(3) == 0 && score < 20_000)
            score = score * 3 + Below(3);
        return score - 1;
    }

    /// <summary>The last digits of the number.</summary>
    public static string ToBase36(long number, int length) => string.Create(length, number, static (digits, rest) =>
    {
        for (var i = digits.Length - 1; i >= 0; i--, rest /= 36)
            digits[i] = Digits[(int)(rest % 36)];
    });

    private ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        var mixed = _state;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}
