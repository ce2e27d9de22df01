using System.Runtime.InteropServices;

namespace Ingest.Compression.Decoding;

/// <summary>A native library that may be missing, and its functions.</summary>
internal sealed class NativeExports
{
    private readonly nint _library;

    /// <param name="name">As the system's loader knows it.</param>
    public NativeExports(string name) => _ = NativeLibrary.TryLoad(name, typeof(NativeExports).Assembly, null, out _library);

    /// <summary>The library is there, with all of these functions.</summary>
    public bool Has(params ReadOnlySpan<string> functions)
    {
        foreach (var function in functions)
        {
            if (!TryFind(function, out _))
                return false;
        }

        return true;
    }

    /// <returns>Zero when it is missing.</returns>
    public unsafe void* Find(string function) => TryFind(function, out var address) ? (void*)address : null;

    private bool TryFind(string function, out nint address)
    {
        address = 0;
        return _library != 0 && NativeLibrary.TryGetExport(_library, function, out address);
    }
}
