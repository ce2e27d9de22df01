using System.Security.Cryptography;

namespace Ingest.TestSupport;

/// <summary>Names under which tests that share a server do not meet.</summary>
public static class TestNames
{
    /// <summary>A pipeline's name, and with it the names of its queues: a letter and ten lower-case letters or digits.</summary>
    public static string Pipeline() => Unique("p");

    internal static string Unique(string prefix) =>
        prefix + RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", 10);
}
