using Ingest.Gateway.Sources;
using Ingest.Pipelines.Definition;
using Ingest.SimulationTests.Scenarios;
using Ingest.SimulationTests.Scheduling;

namespace Ingest.SimulationTests.Producers;

/// <summary>
/// Somebody with a file, who loads it until that succeeds, and then perhaps again: as it is, longer, mended, or with other
/// content under the same name. Where neither a key nor the ledger makes it harmless a file never grows.
/// </summary>
internal sealed class FileProducer(World world, Cluster cluster, string name, PipelineDefinition pipeline, LineWorkload workload, int padding, Random chances)
{
    private static readonly TimeSpan BeforeNextAttempt = TimeSpan.FromSeconds(2);

    private readonly ProducedSource _source = new(name, pipeline, replayable: true);
    private readonly bool _mayGrow = pipeline.Key.Count > 0 || cluster.IsOneProcess;
    private int _loadsLeft = 1 + chances.Next(3);
    private int _contents;
    private ProducedText? _whole;

    public PipelineDefinition Pipeline => pipeline;

    public bool IsDone { get; private set; }

    public void Start(TimeSpan delay)
    {
        cluster.Sources.Add(_source);
        _whole = NewContent();
        // An upload that is under way is loaded too early.
        var early = _mayGrow && chances.Next(4) == 0;
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
        load.Ended += outcome => Ended(text, outcome);
        gateway.Load(load);
    }

    private void Ended(ProducedText text, SourceOutcome? outcome)
    {
        world.Simulator.Note($"the load of {text.Name}, {text.Bytes.Length} bytes, ended: {outcome?.ToString() ?? "it broke off"}");
        if (outcome == SourceOutcome.Shortened)
        {
            ReloadShortened(text);
            return;
        }

        if (outcome != SourceOutcome.Completed)
        {
            var grows = _mayGrow && chances.Next(4) == 0;
            world.After(BeforeNextAttempt, () => Load(grows ? Append(text) : text));
            return;
        }

        _source.Acknowledged.Add(text);
        if (--_loadsLeft == 0)
            IsDone = true;
        else
            world.After(TimeSpan.FromSeconds(chances.Next(20)), () => Load(Next()));
    }

    /// <summary>It cannot be told whether the file's last lines are written. A file of other lines needs another name.</summary>
    private void ReloadShortened(ProducedText text)
    {
        world.Simulator.Met.Add(Encounter.FileShortened);
        if (_contents == 1 && text == _whole)
            world.Violations.Add(10, $"{text.Name} has only grown, and was refused");
        IsDone = true;
    }

    private ProducedText Next() => chances.Next(4) switch
    {
        0 => _whole = NewContent(),
        1 when _mayGrow => _whole = Append(_whole!),
        _ => _whole!,
    };

    private ProducedText Append(ProducedText text)
    {
        world.Simulator.Met.Add(Encounter.FileGrown);
        // Not to what was cut inside a line, which is no file of whole lines that somebody adds to.
        var grown = _whole!.Bytes.AsSpan().StartsWith(text.Bytes) && text.Bytes.Length < _whole.Bytes.Length
            ? _whole
            : ProducedText.Of(
                text.Name, [.. text.Lines, .. workload.Draw(1 + chances.Next(8), padding, unique: pipeline.Key.Count == 0)], chances.Next(3) > 0);
        return _whole = grown;
    }
}
