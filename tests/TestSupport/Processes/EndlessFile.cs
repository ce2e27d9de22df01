namespace Ingest.TestSupport;

/// <summary>
/// A named pipe in the place of a file, which does not come to its end: what loads it can be killed in the midst, and comes
/// no further than it is fed, however fast the machine. One process after another can read it from its start.
/// </summary>
public static class EndlessFile
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    public static async Task CreateAsync(string path)
    {
        await using var made = ServiceProcess.StartProgram("mkfifo", "mkfifo", [path]);
        if (await made.WaitForExitAsync(Deadline) != 0)
            throw new InvalidOperationException(made.Describe("made no pipe"));
    }

    /// <summary>Writes to the process that opens it next, until it has all or is killed.</summary>
    /// <returns>The open end; disposing it ends the file.</returns>
    public static Task<Stream> FeedAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => Task.Run<Stream>(
        async () =>
        {
            // The open waits for the reader.
            var end = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            try
            {
                await end.WriteAsync(content, cancellationToken);
            }
            catch (IOException)
            {
                // The reader was killed.
            }

            return end;
        },
        cancellationToken);
}
