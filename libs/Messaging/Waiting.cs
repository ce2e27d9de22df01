namespace Ingest.Messaging;

/// <summary>Waits that stay on their caller's scheduler.</summary>
public static class Waiting
{
    /// <summary>
    /// The same task for a <c>WaitAsync</c>, which by itself goes on through the thread pool when the task is one that
    /// runs its continuations asynchronously.
    /// </summary>
    public static async Task HereAsync(this Task task) => await task;
}
