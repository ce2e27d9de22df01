using System.Diagnostics;

namespace Ingest.TestSupport;

/// <summary>What this test process leaves behind: nothing, however it ends.</summary>
public static class TestRun
{
    // A pipe from this process closes even when it is killed, which no handler of its own could see.
    // A watched process is known by its id and the moment it started, so that a reused id is never signalled.
    private const string Watchdog = """
        watched=
        while read -r verb process; do
          case $verb in
            watch) watched="$watched $process" ;;
            forget) kept=; for p in $watched; do [ "$p" = "$process" ] || kept="$kept $p"; done; watched=$kept ;;
          esac
        done
        exec 2>/dev/null
        started() { stat=$(cat "/proc/$1/stat"); set -- ${stat##*) }; echo "${20}"; }
        end() {
          kill -STOP "$1"
          for child in $(cat "/proc/$1/task/"*/children); do end "$child"; done
          kill -KILL "$1"
        }
        for p in $watched; do [ "$(started "${p%:*}")" != "${p#*:}" ] || end "${p%:*}"; done
        rm -rf -- "$1" || rm -rf -- "$1"
        """;

    private static readonly Lazy<(string Folder, TextWriter Pipe)> Run = new(Start);

    /// <summary>A new folder that goes when the run ends.</summary>
    public static string CreateFolder(string name) =>
        Directory.CreateDirectory(Path.Combine(Run.Value.Folder, TestNames.Unique(name + "-"))).FullName;

    /// <summary>The process and its descendants are killed when this process ends without having done so.</summary>
    internal static void Watch(OwnedProcess process) => Tell("watch", process);

    internal static void Forget(OwnedProcess process) => Tell("forget", process);

    private static void Tell(string verb, OwnedProcess process)
    {
        var pipe = Run.Value.Pipe;
        lock (pipe)
            pipe.WriteLine($"{verb} {process.Id}:{process.Started}");
    }

    private static (string, TextWriter) Start()
    {
        var folder = Directory.CreateTempSubdirectory("ingest-test-").FullName;
        if (!OperatingSystem.IsLinux())
            return (folder, TextWriter.Null);

        // The users that the servers run as must be able to enter.
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        // In a session of its own: an interrupt from the terminal is for the tests.
        var watchdog = Process.Start(new ProcessStartInfo("setsid", ["sh", "-c", Watchdog, "sh", folder])
        {
            RedirectStandardInput = true,
            WorkingDirectory = "/",
        })!;
        watchdog.StandardInput.AutoFlush = true;
        return (folder, watchdog.StandardInput);
    }
}
