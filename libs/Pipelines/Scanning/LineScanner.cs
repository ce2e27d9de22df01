using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Unicode;

namespace Ingest.Pipelines.Scanning;

/// <summary>
/// Checks whether a line is one JSON object, nested at most 64 deep, in valid UTF-8, and knows afterwards where the
/// values stand that the definition mentions. Where a member occurs twice the last one counts.
/// </summary>
/// <param name="paths">What the definition mentions.</param>
/// <param name="index">Where another scanner looks at the same lines for something else: its index.</param>
internal sealed class LineScanner(PathTree paths, LineIndex? index = null)
{
    public const int DeepestNesting = 64;

    private readonly Slot[] _slots = new Slot[paths.Slots];
    private byte[] _terminated = [];

    /// <summary>What is known of the line that a cursor stands at.</summary>
    public LineIndex Index { get; } = index ?? new LineIndex();

    /// <summary>A line that lacks its LF, with one; good until the next such line.</summary>
    public ReadOnlySpan<byte> Terminate(ReadOnlySpan<byte> line)
    {
        if (_terminated.Length <= line.Length)
            _terminated = new byte[line.Length + 1];
        line.CopyTo(_terminated);
        _terminated[line.Length] = (byte)'\n';
        return _terminated.AsSpan(0, line.Length + 1);
    }

    public LineValues Values(ReadOnlySpan<byte> line) => new(line, _slots);

    /// <param name="text">Begins with the line of <see cref="Index"/> and holds its LF.</param>
    /// <returns>False when the line is not a valid object.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool Scan(ReadOnlySpan<byte> text)
    {
        var index = Index;
        if (!index.IsSound || !(index.IsAscii || Utf8.IsValid(text[..index.End])))
            return false;
        ref var tokens = ref MemoryMarshal.GetArrayDataReference(index.Tokens);
        return new LineWalk(ref MemoryMarshal.GetReference(text), ref tokens, index, _slots).TakeLine(paths.Root);
    }
}
