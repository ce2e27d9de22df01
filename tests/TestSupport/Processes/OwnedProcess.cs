using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Ingest.TestSupport;

/// <summary>
/// A process that the tests started, known by its id and by when it started (ticks after boot, proc(5)): a process
/// that got the same id later is another one and is never signalled.
/// </summary>
internal readonly partial record struct OwnedProcess(int Id, ulong Started)
{
    public const int SigInt = 2;
    public const int SigKill = 9;
    public const int SigTerm = 15;
    public const int SigCont = 18;
    public const int SigStop = 19;

    private const int NoSuchProcess = 3;

    public bool IsAlive => Read(Id) is { } now && now.Process == this && now.State is not ('Z' or 'X');

    public bool IsStopped => Read(Id) is { State: 'T' } now && now.Process == this;

    public static OwnedProcess? Find(int id) => Read(id)?.Process;

    /// <summary>Does nothing when the process has ended.</summary>
    public void Signal(int signal)
    {
        if (IsAlive && Kill(Id, signal) != 0 && Marshal.GetLastPInvokeError() is var error and not NoSuchProcess)
            throw new Win32Exception(error);
    }

    /// <summary>This process and all that came from it, parents before children.</summary>
    public IReadOnlyList<OwnedProcess> Tree()
    {
        var children = Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), out var id) ? Read(id) : null)
            .OfType<(OwnedProcess Process, char State, int Parent)>()
            .ToLookup(process => process.Parent, process => process.Process);
        var tree = new List<OwnedProcess>();
        if (IsAlive)
            tree.Add(this);
        for (var i = 0; i < tree.Count; i++)
            tree.AddRange(children[tree[i].Id]);
        return tree;
    }

    private static (OwnedProcess Process, char State, int Parent)? Read(int id)
    {
        try
        {
            // The name, in parentheses, may hold anything; the state is the field after it.
            var stat = File.ReadAllText($"/proc/{id}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            var started = ulong.Parse(fields[19], CultureInfo.InvariantCulture);
            return (new OwnedProcess(id, started), fields[0][0], int.Parse(fields[1], CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int id, int signal);
}
