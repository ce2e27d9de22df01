namespace Ingest.Gateway.Edge;

/// <summary>A connection does not get past the gate; the reason is for the log, and holds nothing secret.</summary>
internal sealed class RefusedException(string reason) : Exception(reason);
