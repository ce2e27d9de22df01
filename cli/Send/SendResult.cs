using Ingest.Gateway.Receipts;

namespace Ingest.Cli.Send;

/// <summary>What became of one input.</summary>
/// <param name="Name">As the user wrote it.</param>
/// <param name="Receipt">The last that came, or null.</param>
/// <param name="Error">What went wrong, in a sentence, or null.</param>
/// <param name="Sent">Bytes sent by the last attempt.</param>
/// <param name="Elapsed">All attempts together.</param>
internal sealed record SendResult(string Name, Receipt? Receipt, string? Error, long Sent, TimeSpan Elapsed);
