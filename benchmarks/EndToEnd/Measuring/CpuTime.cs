using System.Globalization;

namespace Ingest.EndToEnd.Measuring;

/// <summary>Processor time from <c>/proc/PID/stat</c> (proc(5)): user and system, and that of children that have ended.</summary>
internal static class CpuTime
{
    private const double TicksPerSecond = 100;
    private const int UserTime = 11;

    /// <summary>In seconds, all of them together.</summary>
    public static double OfProcesses(IEnumerable<int> ids)
    {
        double seconds = 0;
        foreach (var id in ids)
        {
            try
            {
                // The name in parentheses may hold spaces; the fields after it do not.
                var stat = File.ReadAllText($"/proc/{id}/stat");
                var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                seconds += fields[UserTime..(UserTime + 4)].Sum(f => long.Parse(f, CultureInfo.InvariantCulture)) / TicksPerSecond;
            }
            catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException or IOException)
            {
                // A backend that ended meanwhile is counted with its parent.
            }
        }

        return seconds;
    }
}
