using System.Globalization;
using System.Text;
using Ingest.TestSupport;

namespace Ingest.EndToEnd.Measuring;

/// <summary>The physical memory of processes, by how much has been committed: the most within each GB.</summary>
internal sealed class MemoryCurve(IReadOnlyList<(string Name, ServiceProcess Process)> processes, double bytesPerLine)
{
    public const string LargestPeak = "MB, the largest peak";
    public const string Growth = "MB growth after the first GB";

    private readonly SortedDictionary<int, long[]> _peaks = [];
    private long _largest;

    public void Look(long committedLines)
    {
        var gigabyte = (int)(committedLines * bytesPerLine / 1e9);
        if (!_peaks.TryGetValue(gigabyte, out var peaks))
            _peaks[gigabyte] = peaks = new long[processes.Count];
        _largest = processes.Max(p => PeakMemory.Of(p.Process.Id));
        for (var i = 0; i < peaks.Length; i++)
            peaks[i] = Math.Max(peaks[i], PeakMemory.ResidentOf(processes[i].Process.Id));
    }

    /// <summary>In MB: the most of each GB, and how far the most of all later ones is above the second.</summary>
    public IReadOnlyDictionary<string, double> Figures()
    {
        var figures = new Dictionary<string, double> { [LargestPeak] = _largest / 1e6 };
        if (_peaks.Count > 2)
            figures[Growth] = processes.Select((_, i) => _peaks.Values.Skip(2).Max(p => p[i]) - _peaks.Values.Skip(1).First()[i]).Max() / 1e6;
        return figures;
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine($"    GB  {string.Join("  ", processes.Select(p => p.Name.PadLeft(9)))}  (MB, the most within each)");
        foreach (var (gigabyte, peaks) in _peaks)
            text.AppendLine(CultureInfo.InvariantCulture, $"{gigabyte,6}  {string.Join("  ", peaks.Select(p => (p / 1e6).ToString("N0", CultureInfo.InvariantCulture).PadLeft(9)))}");
        return text.ToString().TrimEnd();
    }
}
