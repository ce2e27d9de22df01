using System.CommandLine;
namespace Ingest.EndToEnd.Inputs;
internal static class FeedCommand { public static Command Create() => new("feed"); }
