namespace Ingest.EndToEnd.Peers.Naive;

/// <summary>One line as a message of its own.</summary>
/// <param name="Json">The line.</param>
internal sealed record CommentLine(string Json);
