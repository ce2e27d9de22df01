namespace Ingest.EndToEnd;

/// <summary>This program as a process of its own, for parts whose cost must be told from the benchmark's.</summary>
internal static class OwnProgram
{
    public static Measuring.Command Command(params string[] arguments) =>
        new(arguments[0], [Environment.ProcessPath!, typeof(OwnProgram).Assembly.Location, .. arguments]);
}
