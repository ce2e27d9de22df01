namespace Ingest.EndToEnd.Plots;
internal static class Curves { public static Task DrawAsync(Bench bench, string folder) => Task.CompletedTask; }
