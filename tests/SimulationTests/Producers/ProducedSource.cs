using Ingest.Pipelines.Definition;

namespace Ingest.SimulationTests.Producers;

/// <summary>What its producer knows of one source: what it sent, and what it was told.</summary>
internal sealed class ProducedSource(string name, PipelineDefinition pipeline, bool replayable)
{
    public string Name => name;

    public PipelineDefinition Pipeline => pipeline;

    public bool Replayable => replayable;

    /// <summary>Given by the gateway that took it; a replayable source's is the same each time.</summary>
    public Guid Id { get; set; }

    /// <summary>All that it ever held: one text for a connection, for a file one for each of its states that was loaded.</summary>
    public List<ProducedText> Texts { get; } = [];

    /// <summary>The texts that were acknowledged from their first line to their last.</summary>
    public HashSet<ProducedText> Acknowledged { get; } = [];

    /// <summary>Whether it had a receipt, whatever that said.</summary>
    public bool WasTold { get; set; }

    /// <summary>Lines, blank ones not counted, of the first text that were acknowledged when the gateway stopped.</summary>
    public long InterruptedAfter { get; set; }

    /// <summary>The lines of a text that were acknowledged, by index.</summary>
    public IEnumerable<int> AcknowledgedLines(ProducedText text)
    {
        var lines = 0L;
        for (var i = 0; i < text.Lines.Count; i++)
        {
            if (text.Lines[i].Kind != LineKind.Blank)
                lines++;
            if (Acknowledged.Contains(text) || lines <= InterruptedAfter)
                yield return i;
        }
    }
}
