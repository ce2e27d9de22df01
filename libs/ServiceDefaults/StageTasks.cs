namespace Ingest.ServiceDefaults;

/// <summary>Tasks that run side by side for as long as a stage does.</summary>
public static class StageTasks
{
    /// <summary>
    /// Waits for all, but not beyond the first fault: a pipeline that died must not go unnoticed because others live.
    /// The host then stops, and whoever runs it starts it again.
    /// </summary>
    public static async Task AllOrFirstFaultAsync(IEnumerable<Task> tasks)
    {
        var running = tasks.ToList();
        while (running.Count > 0)
        {
            var done = await Task.WhenAny(running);
            running.Remove(done);
            await done;
        }
    }
}
