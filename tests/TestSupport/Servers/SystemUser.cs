using System.Globalization;
using System.Runtime.InteropServices;

namespace Ingest.TestSupport;

/// <summary>A user of this machine that a server runs as when the tests run as root.</summary>
internal sealed partial record SystemUser(string Name, int Id, int Group)
{
    /// <summary>The command that runs the one behind it as this user, in the same process.</summary>
    public string[] Prefix =>
        ["setpriv", $"--reuid={Id}", $"--regid={Group}", "--init-groups", "--inh-caps=-all", "--"];

    /// <summary>Null when there is no such user, or when the tests do not run as root and cannot become another.</summary>
    public static SystemUser? Find(string name)
    {
        if (!Environment.IsPrivilegedProcess)
            return null;
        var entry = File.ReadLines("/etc/passwd").Select(line => line.Split(':')).FirstOrDefault(f => f[0] == name);
        return entry is null ? null : new SystemUser(name, Number(entry[2]), Number(entry[3]));
    }

    public static string CreateFolder(string name, SystemUser? owner)
    {
        var folder = TestRun.CreateFolder(name);
        owner?.Own(folder);
        return folder;
    }

    public void Own(string path)
    {
        if (ChangeOwner(path, Id, Group) != 0)
            throw new UnauthorizedAccessException($"{path} cannot be given to {Name}.");
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    [LibraryImport("libc", EntryPoint = "chown", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, int owner, int group);
}
