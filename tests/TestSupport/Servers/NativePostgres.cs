using System.Security.Cryptography;
using Npgsql;

namespace Ingest.TestSupport;

internal sealed class NativePostgres : NativeServer
{
    private static readonly Dictionary<string, string> Surroundings = new() { ["LC_ALL"] = "C.UTF-8", ["TZ"] = "UTC" };

    private readonly string _binaries;
    private readonly int _port = FreePort.Next();
    private readonly string _password = RandomNumberGenerator.GetHexString(20);

    private NativePostgres(string binaries, SystemUser? user) : base("postgres", user) => _binaries = binaries;

    public override string Address =>
        $"Host=127.0.0.1;Port={_port};Username=postgres;Password={_password};Database=postgres";

    protected override OwnedProcess? Main => Launched;

    // Fast shutdown: sessions are cut off, the data is flushed.
    protected override int StopSignal => OwnedProcess.SigInt;

    private string Data => Path.Combine(Folder, "data");

    /// <summary>The newest PostgreSQL of this machine; null when there is none that may be run.</summary>
    public static NativePostgres? Find()
    {
        if (!OperatingSystem.IsLinux())
            return null;
        var user = SystemUser.Find("postgres");
        // PostgreSQL refuses to run as root.
        if (user is null && Environment.IsPrivilegedProcess)
            return null;
        var binaries = NativeTools.NewestPostgres() ?? Path.GetDirectoryName(NativeTools.OnPath("initdb"));
        return binaries is null ? null : new NativePostgres(binaries, user);
    }

    public override async Task StartAsync()
    {
        if (!Directory.Exists(Data))
            await InitializeAsync();
        await LaunchAsync(
            Path.Combine(_binaries, "postgres"),
            ["-D", Data, "-p", $"{_port}", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="],
            Surroundings,
            ReadyAsync);
    }

    private async Task InitializeAsync()
    {
        var passwordFile = Path.Combine(Folder, "password");
        await File.WriteAllTextAsync(passwordFile, _password);
        using var initdb = Start(
            Path.Combine(_binaries, "initdb"),
            ["-D", Data, "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256", $"--pwfile={passwordFile}", "--no-sync"],
            Surroundings);
        await initdb.WaitForExitAsync();
        if (initdb.ExitCode != 0)
            throw new InvalidOperationException($"initdb failed: {ReadLog()}");
    }

    private async Task<bool> ReadyAsync()
    {
        await using var connection = new NpgsqlConnection(Address + ";Pooling=false;Timeout=2");
        await connection.OpenAsync();
        return true;
    }
}
