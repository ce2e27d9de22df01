using System.CommandLine;
namespace Ingest.EndToEnd.Peers.Naive;
internal static class NaiveCommand { public static Command Create() => new("naive"); }
