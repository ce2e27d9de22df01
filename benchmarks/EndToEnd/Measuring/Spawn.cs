using System.Collections;
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Ingest.EndToEnd.Measuring;

/// <summary>How a child ended, and what it used (wait4(2)).</summary>
internal readonly record struct ChildEnd(int ExitCode, double CpuSeconds);

/// <summary>
/// Starts children and waits for them by the system's own calls: only these tell what one child, its own children
/// included, used of the processor.
/// </summary>
internal static unsafe partial class Spawn
{
    private const int ActionsBytes = 256;
    private const int Cloexec = 0x80000;
    private const int ReadOnly = 0;
    private const int CreateForWriting = 0x1 | 0x40 | 0x200;
    private const int Interrupted = 4;
    private const uint OwnerOnly = 0b110_000_000;

    /// <summary>Both ends of a new pipe; children do not inherit them.</summary>
    public static (int Read, int Write) Pipe()
    {
        var ends = stackalloc int[2];
        Check(pipe2(ends, Cloexec) == 0 ? 0 : Marshal.GetLastPInvokeError());
        return (ends[0], ends[1]);
    }

    public static void Close(int descriptor) => Check(close(descriptor) == 0 ? 0 : Marshal.GetLastPInvokeError());

    public static int OpenForReading(string file) => Open(file, ReadOnly);

    public static int OpenForWriting(string file) => Open(file, CreateForWriting);

    /// <param name="words">The program's path and its arguments.</param>
    /// <param name="environment">Added to this process's own.</param>
    /// <param name="input">Becomes its standard input.</param>
    /// <param name="output">Becomes its standard output.</param>
    /// <param name="error">Becomes its standard error output.</param>
    /// <returns>The process's id.</returns>
    public static int Start(
        IReadOnlyList<string> words, IReadOnlyDictionary<string, string> environment, int input, int output, int error)
    {
        var variables = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(e => (string)e.Key, e => (string?)e.Value);
        foreach (var (key, value) in environment)
            variables[key] = value;
        var actions = stackalloc byte[ActionsBytes];
        Check(posix_spawn_file_actions_init(actions));
        var arguments = ToNative(words);
        var surroundings = ToNative([.. variables.Select(v => $"{v.Key}={v.Value}")]);
        try
        {
            Check(posix_spawn_file_actions_adddup2(actions, input, 0));
            Check(posix_spawn_file_actions_adddup2(actions, output, 1));
            Check(posix_spawn_file_actions_adddup2(actions, error, 2));
            Check(posix_spawn(out var id, words[0], actions, null, arguments, surroundings));
            return id;
        }
        finally
        {
            Check(posix_spawn_file_actions_destroy(actions));
            Free(arguments);
            Free(surroundings);
        }
    }

    /// <summary>Blocks until it has ended.</summary>
    public static ChildEnd Wait(int id)
    {
        int status;
        Usage usage;
        while (wait4(id, &status, 0, &usage) != id)
        {
            if (Marshal.GetLastPInvokeError() is var error and not Interrupted)
                throw new Win32Exception(error);
        }

        var signal = status & 0x7F;
        return new ChildEnd(signal == 0 ? (status >> 8) & 0xFF : 128 + signal, usage.UserSeconds + usage.SystemSeconds
            + ((usage.UserMicroseconds + usage.SystemMicroseconds) / 1e6));
    }

    private static int Open(string file, int flags) =>
        open(file, flags | Cloexec, OwnerOnly) is >= 0 and var descriptor ? descriptor : throw new Win32Exception(Marshal.GetLastPInvokeError(), file);

    private static byte** ToNative(IReadOnlyList<string> words)
    {
        var native = (byte**)NativeMemory.Alloc((nuint)(words.Count + 1), (nuint)sizeof(byte*));
        for (var i = 0; i < words.Count; i++)
            native[i] = (byte*)Marshal.StringToCoTaskMemUTF8(words[i]);
        native[words.Count] = null;
        return native;
    }

    private static void Free(byte** native)
    {
        for (var word = native; *word is not null; word++)
            Marshal.FreeCoTaskMem((nint)(*word));
        NativeMemory.Free(native);
    }

    private static void Check(int error)
    {
        if (error != 0)
            throw new Win32Exception(error);
    }

    /// <summary>struct rusage.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Usage
    {
        public long UserSeconds;
        public long UserMicroseconds;
        public long SystemSeconds;
        public long SystemMicroseconds;
        private fixed long _rest[14];
    }

#pragma warning disable IDE1006, SYSLIB1054 // The system's own names.
    [LibraryImport("libc", SetLastError = true)]
    private static partial int pipe2(int* ends, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string file, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_adddup2(byte* actions, int descriptor, int target);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn(out int id, string file, byte* actions, void* attributes, byte** arguments, byte** environment);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int wait4(int id, int* status, int options, Usage* usage);
#pragma warning restore IDE1006, SYSLIB1054
}
