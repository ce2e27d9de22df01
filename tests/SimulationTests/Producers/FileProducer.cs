using Ingest.Pipelines.Definition;
using Ingest.SimulationTests.Scenarios;

namespace Ingest.SimulationTests.Producers;

/// <summary>
/// Somebody with a file, who loads it until that succeeds, and then once more: as it is, longer, mended, or with other
/// content under the same name.
/// </summary>
internal sealed class FileProducer(World world, Cluster cluster, string name, PipelineDefinition pipeline, LineWorkload workload, int padding, Random chances)
{
    private static readonly TimeSpan BeforeNextAttempt = TimeSpan.FromSeconds(2);

    private readonly ProducedSource _source = new(name, pipeline, replayable: true);
    private int _loadsLeft = 1 + chances.Next(3);
    private int _contents;
    private ProducedText? _whole;

    public bool IsDone { get; private set; }

    public void Start(TimeSpan delay)
    {
        cluster.Sources.Add(_source);
        _whole = NewContent();
        // An upload that is under way is loaded too early, where a key makes that harmless.
        var early = pipeline.Key.Count > 0 && chances.Next(4) == 0;
        world.After(delay, () => Load(early ? _whole.Truncate(chances.Next(_whole.Bytes.Length)) : _whole));
    }

    private ProducedText NewContent() =>
        ProducedText.Of($"{name}/{_contents++}", workload.Draw(1 + chances.Next(16), padding, pipeline.Key.Count == 0), chances.Next(3) > 0);

    private void Load(ProducedText text)
    {
        if (cluster.PickGateway(chances) is not { } gateway)
        {
            world.After(BeforeNextAttempt, () => Load(text));
            return;
        }

        if (!_source.Texts.Contains(text))
            _source.Texts.Add(text);
        var load = new FileLoad(world, _source, text, chances);
        load.Ended += complete => Ended(text, complete);
        gateway.Load(load);
    }

    private void Ended(ProducedText text, bool complete)
    {
        world.Simulator.Note($"the load of {text.Name} {(complete ? "is complete" : "broke off")}");
        if (!complete)
        {
            world.After(BeforeNextAttempt, () => Load(text));
            return;
        }

        _source.Acknowledged.Add(text);
        if (--_loadsLeft == 0)
            IsDone = true;
        else
            world.After(TimeSpan.FromSeconds(chances.Next(20)), () => Load(Next()));
    }

    private ProducedText Next() => chances.Next(4) switch
    {
        0 => _whole = NewContent(),
        1 when pipeline.Key.Count > 0 => _whole = Append(_whole!),
        _ => _whole!,
    };

    private ProducedText Append(ProducedText text) => ProducedText.Of(
        text.Name, [.. text.Lines, .. workload.Draw(1 + chances.Next(8), padding, unique: false)], chances.Next(3) > 0);
}
