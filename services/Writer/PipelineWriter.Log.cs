using Microsoft.Extensions.Logging;

namespace Ingest.Writer;

internal sealed partial class PipelineWriter
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "{Problem}")]
    private partial void LogProblem(string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "Pipeline {Pipeline}: the database works again")]
    private partial void LogWorksAgain(string pipeline);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Pipeline {Pipeline}: nothing could be written for long; {Batches} batches go back to their queue until the database works")]
    private partial void LogReleased(string pipeline, int batches);

    [LoggerMessage(Level = LogLevel.Information, Message = "Pipeline {Pipeline}: {Reason}; for a while transactions follow one another")]
    private partial void LogCollided(string pipeline, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Pipeline {Pipeline}: a transaction with {Batches} batches was under way at the end and failed; they go back to their queue")]
    private partial void LogUnfinished(Exception failure, string pipeline, int batches);

    [LoggerMessage(Level = LogLevel.Error, Message = "Pipeline {Pipeline}: the writer failed on batch {BatchId} alone")]
    private partial void LogThrew(Exception failure, string pipeline, Guid batchId);

    [LoggerMessage(Level = LogLevel.Error, Message = "Pipeline {Pipeline}: batch {BatchId} goes aside: {Reason}")]
    private partial void LogBuried(string pipeline, Guid batchId, string reason);
}
