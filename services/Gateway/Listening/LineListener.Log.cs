using System.Net;
using Ingest.Gateway.Sources;
using Microsoft.Extensions.Logging;

namespace Ingest.Gateway.Listening;

internal sealed partial class LineListener
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Pipeline {Pipeline} listens on {EndPoint}")]
    private partial void LogListening(string pipeline, EndPoint? endPoint);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Pipeline {Pipeline}: {Source} ended, {Outcome}: {Lines} lines, {Bytes} bytes")]
    private partial void LogEnded(string pipeline, string source, SourceOutcome outcome, long lines, long bytes);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Pipeline {Pipeline}: of {Source} only the first {Bytes} bytes were taken: {Reason}")]
    private partial void LogIncomplete(string pipeline, string source, long bytes, string? reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Pipeline {Pipeline}: {Source} was reset, it completed no line for {Deadline} while others waited for its room (Gateway__ProgressDeadline)")]
    private partial void LogStalled(string pipeline, string source, TimeSpan deadline);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Pipeline {Pipeline}: {Source} was reset, its lines could not be made safe in time")]
    private partial void LogAborted(string pipeline, string source);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Pipeline {Pipeline}: {Source} was reset: {Reason}")]
    private partial void LogRefused(string pipeline, string source, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Pipeline {Pipeline}: {Source} was reset after an error")]
    private partial void LogFailed(Exception failure, string pipeline, string source);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Pipeline {Pipeline}: a connection was reset, {Limit} are open (Gateway__MaxConnectionsPerPipeline)")]
    private partial void LogTooMany(string pipeline, int limit);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Pipeline {Pipeline}: a connection could not be accepted: {Reason}")]
    private partial void LogAcceptFailed(string pipeline, string reason);
}
