using System.Globalization;

namespace Ingest.EndToEnd.Measuring;

/// <summary>Physical memory from <c>/proc/PID/status</c> (proc(5)), in bytes.</summary>
internal static class PeakMemory
{
    /// <summary>VmHWM: the most that it ever had, or since <see cref="Forget"/>; 0 when the process is gone.</summary>
    public static long Of(int id) => Read(id, "VmHWM:");

    /// <summary>VmRSS: what it has now; 0 when the process is gone.</summary>
    public static long ResidentOf(int id) => Read(id, "VmRSS:");

    /// <summary>Lets the peak begin anew (clear_refs, value 5), where that is allowed.</summary>
    public static void Forget(int id)
    {
        try
        {
            File.WriteAllText($"/proc/{id}/clear_refs", "5");
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // Then the peak is that of the server's whole life.
        }
    }

    private static long Read(int id, string field)
    {
        try
        {
            foreach (var line in File.ReadLines($"/proc/{id}/status"))
            {
                if (line.StartsWith(field, StringComparison.Ordinal))
                    return 1024 * long.Parse(line.AsSpan(field.Length, line.Length - field.Length - "kB".Length), NumberStyles.Integer | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
            }
        }
        catch (IOException)
        {
            // It ended.
        }

        return 0;
    }
}
