namespace Ingest.TestSupport;

/// <summary>A server that this machine does not have; the message says what to install.</summary>
public sealed class ServiceUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
