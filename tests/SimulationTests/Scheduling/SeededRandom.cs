using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace Ingest.SimulationTests.Scheduling;

/// <summary>
/// A stream of chances that has nothing to do with those of other seeds or purposes: SplitMix64, whose state begins as a
/// hash of both. The draws of a seeded <see cref="Random"/> are linear in its seed: the distance between two streams whose
/// seeds are made by multiplying and adding is the same for every seed, so that some faults would never meet.
/// </summary>
internal sealed class SeededRandom(int seed, string purpose) : Random
{
    private ulong _state = XxHash3.HashToUInt64(Encoding.UTF8.GetBytes($"{seed} {purpose}"));

    public override int Next() => Next(int.MaxValue);

    public override int Next(int maxValue) => Next(0, maxValue);

    public override int Next(int minValue, int maxValue)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minValue, maxValue);
        return (int)(minValue + (long)Math.BigMul(NextBits(), (ulong)((long)maxValue - minValue), out _));
    }

    public override double NextDouble() => (NextBits() >> 11) * (1.0 / (1L << 53));

    public override void NextBytes(byte[] buffer) => NextBytes(buffer.AsSpan());

    public override void NextBytes(Span<byte> buffer)
    {
        Span<byte> bits = stackalloc byte[sizeof(ulong)];
        for (; !buffer.IsEmpty; buffer = buffer[Math.Min(buffer.Length, bits.Length)..])
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bits, NextBits());
            bits[..Math.Min(buffer.Length, bits.Length)].CopyTo(buffer);
        }
    }

    /// <summary>What the other members of a class of its own are made of.</summary>
    protected override double Sample() => NextDouble();

    private ulong NextBits()
    {
        var bits = _state += 0x9E3779B97F4A7C15;
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
        return bits ^ (bits >> 31);
    }
}
