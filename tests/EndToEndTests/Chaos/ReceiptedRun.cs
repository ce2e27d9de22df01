namespace Ingest.EndToEndTests.Chaos;

/// <summary>Lines for which a producer has a receipt.</summary>
/// <param name="Pipeline">The pipeline.</param>
/// <param name="Producer">The producer.</param>
/// <param name="Run">The connection, counted by its producer.</param>
/// <param name="Source">The name that the gateway gave it.</param>
/// <param name="First">The number of its first line.</param>
/// <param name="Lines">How many lines the receipt names.</param>
/// <param name="Bytes">How many bytes the receipt names.</param>
internal sealed record ReceiptedRun(string Pipeline, int Producer, int Run, string Source, long First, long Lines, long Bytes);
