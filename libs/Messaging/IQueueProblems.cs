namespace Ingest.Messaging;

/// <summary>Hears what keeps a queue from being used, when that is over, and of batches that were given up.</summary>
public interface IQueueProblems
{
    /// <param name="place">The queue, or the broker; a later report of the same place replaces the earlier.</param>
    /// <param name="message">What is wrong and what to do.</param>
    /// <param name="needsHelp">True when waiting does not help.</param>
    void Report(string place, string message, bool needsHelp);

    void Resolve(string place);

    /// <summary>A batch is in its pipeline's dead queue from now on.</summary>
    void Buried(string pipeline, string batchId);
}
