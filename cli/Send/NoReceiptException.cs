namespace Ingest.Cli.Send;

/// <summary>
/// A connection that ended in order and without a receipt, after everything was sent: the pipeline gives none, or
/// something between made an end of a reset.
/// </summary>
internal sealed class NoReceiptException() : IOException("the connection ended without a receipt");
