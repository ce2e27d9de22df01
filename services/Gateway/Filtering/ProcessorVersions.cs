using System.Threading.Channels;

namespace Ingest.Gateway.Filtering;

/// <summary>
/// Which definitions the processors work by, as far as they have said so lately. What was not heard of for a while is
/// forgotten, and asked for only while lines come in: a message that is lost costs time, and an idle gateway asks nobody.
/// </summary>
internal sealed class ProcessorVersions(TimeProvider time)
{
    /// <summary>How long a word counts: long enough for one that is lost between two questions.</summary>
    public static readonly TimeSpan HeardFor = TimeSpan.FromSeconds(30);

    public static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(10);

    /// <summary>As long as nobody has answered.</summary>
    public static readonly TimeSpan AskFirstEvery = TimeSpan.FromSeconds(1);
    private const int MostQuestions = 1_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Pipeline> _pipelines = [];
    private readonly Channel<string> _questions = Channel.CreateBounded<string>(
        new BoundedChannelOptions(MostQuestions) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>The pipelines whose processors are to be asked.</summary>
    public ChannelReader<string> Questions => _questions.Reader;

    /// <summary>A processor works by that version.</summary>
    public void Hear(string pipeline, string version)
    {
        lock (_lock)
            Find(pipeline).Heard[version] = time.GetTimestamp();
    }

    /// <summary>Whether some processor has named that version lately and none another.</summary>
    public bool AgreeOn(string pipeline, string version)
    {
        lock (_lock)
        {
            var found = Find(pipeline);
            foreach (var (old, heard) in found.Heard)
            {
                if (time.GetElapsedTime(heard) >= HeardFor)
                    found.Heard.Remove(old);
            }

            var patience = found.Heard.Count == 0 ? AskFirstEvery : AskEvery;
            if (found.Asked is not { } asked || time.GetElapsedTime(asked) >= patience)
            {
                found.Asked = time.GetTimestamp();
                _questions.Writer.TryWrite(pipeline);
            }

            return found.Heard.Count == 1 && found.Heard.ContainsKey(version);
        }
    }

    private Pipeline Find(string pipeline)
    {
        if (!_pipelines.TryGetValue(pipeline, out var found))
            _pipelines[pipeline] = found = new Pipeline();
        return found;
    }

    private sealed class Pipeline
    {
        /// <summary>When each version was named last.</summary>
        public Dictionary<string, long> Heard { get; } = [];

        public long? Asked { get; set; }
    }
}
