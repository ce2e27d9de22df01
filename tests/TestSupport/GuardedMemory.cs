using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Ingest.TestSupport;

/// <summary>Memory between two pages that cannot be touched: whoever reads beyond either end of it ends the test process.</summary>
public sealed partial class GuardedMemory : IDisposable
{
    private const int None = 0;
    private const int ReadWrite = 3;
    private const int PrivateAnonymous = 0x22;

    private readonly nint _first;

    public GuardedMemory()
    {
        _first = Map(0, 3 * (nuint)Length, None, PrivateAnonymous, -1, 0);
        if (_first == -1 || Protect(_first + Length, (nuint)Length, ReadWrite) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    /// <summary>How many bytes there are: a page.</summary>
    public static int Length => Environment.SystemPageSize;

    /// <summary>All of them; not to be used once this is disposed.</summary>
    public Span<byte> Bytes => MemoryMarshal.CreateSpan(ref Unsafe.AddByteOffset(ref Unsafe.NullRef<byte>(), _first + Length), Length);

    /// <summary>The bytes, with nothing before them that may be read.</summary>
    public ReadOnlySpan<byte> AtStart(ReadOnlySpan<byte> bytes) => Place(bytes, 0);

    /// <summary>The bytes, with nothing behind them that may be read.</summary>
    public ReadOnlySpan<byte> AtEnd(ReadOnlySpan<byte> bytes) => Place(bytes, Length - bytes.Length);

    public void Dispose() => _ = Unmap(_first, 3 * (nuint)Length);

    private Span<byte> Place(ReadOnlySpan<byte> bytes, int start)
    {
        var place = Bytes.Slice(start, bytes.Length);
        bytes.CopyTo(place);
        return place;
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int descriptor, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Protect(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(nint address, nuint length);
}
