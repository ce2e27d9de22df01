using System.Globalization;
using System.Runtime.InteropServices;

namespace Ingest.TestSupport;

/// <summary>A user of this machine that a server runs as when the tests run as root.</summary>
internal sealed partial record SystemUser(string Name, int Id, int Group)
{
    /// <summary>The command that runs the one behind it as this user, in the same process.</summary>
    public string[] Prefix =>
        ["setpriv", $"--reuid={Id}", $"--regid={Group}", "--init-groups", "--inh-caps=-all", "--"];

    /// <summary>
    /// The same in another root file system, in which the temporary folders of this one are seen too. The mounts are of
    /// the process's own name space and end with it.
    /// </summary>
    public string[] PrefixIn(string root) =>
    [
        "unshare", "-m", "--propagation", "private", "sh", "-c",
        """
        set -e
        user=$1 && shift
        mount --rbind /proc "$0/proc"
        mount --rbind /dev "$0/dev"
        mount --bind /tmp "$0/tmp"
        exec chroot --userspec="$user" "$0" sh -c 'cd "$0" && exec "$@"' "$PWD" "$@"
        """,
        root, $"{Id}:{Group}",
    ];

    /// <summary>Null when there is no such user, or when the tests do not run as root and cannot become another.</summary>
    /// <param name="name">The user's name.</param>
    /// <param name="root">Whose users they are.</param>
    public static SystemUser? Find(string name, string root = "/")
    {
        if (!Environment.IsPrivilegedProcess)
            return null;
        var entry = File.ReadLines(Path.Combine(root, "etc/passwd")).Select(line => line.Split(':')).FirstOrDefault(f => f[0] == name);
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
