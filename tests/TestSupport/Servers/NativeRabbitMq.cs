using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace Ingest.TestSupport;

internal sealed class NativeRabbitMq : NativeServer
{
    // Debian's wrapper in /usr/sbin keeps signals from the server and changes users on its own.
    private const string Debian = "/usr/lib/rabbitmq/bin";

    private readonly string _binaries;
    private readonly string _epmdProgram;
    private readonly SystemUser? _user;
    private readonly string? _root;
    private readonly int _port = FreePort.Next();
    private readonly Dictionary<string, string> _surroundings;
    private Process? _epmd;
    private OwnedProcess? _main;

    private NativeRabbitMq(string binaries, string epmd, SystemUser? user, string? root = null) : base("rabbitmq", user, root)
    {
        (_binaries, _epmdProgram, _user, _root) = (binaries, epmd, user, root);
        _surroundings = new Dictionary<string, string>
        {
            ["HOME"] = Folder,
            ["LANG"] = "C.UTF-8",
            ["PATH"] = $"{_binaries}:{Environment.GetEnvironmentVariable("PATH")}",
            ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
            ["ERL_EPMD_PORT"] = $"{FreePort.Next()}",
            ["RABBITMQ_NODENAME"] = $"ingest-{_port}@localhost",
            ["RABBITMQ_DIST_PORT"] = $"{FreePort.Next()}",
            ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "-kernel inet_dist_use_interface {127,0,0,1}",
            // The machine's own configuration is not for this node.
            ["RABBITMQ_CONF_ENV_FILE"] = "/dev/null",
            ["RABBITMQ_CONFIG_FILE"] = Inside("rabbitmq"),
            ["RABBITMQ_ADVANCED_CONFIG_FILE"] = Inside("advanced"),
            ["RABBITMQ_ENABLED_PLUGINS_FILE"] = Inside("plugins"),
            ["RABBITMQ_MNESIA_BASE"] = Inside("data"),
            ["RABBITMQ_LOG_BASE"] = Inside("logs"),
            ["RABBITMQ_SCHEMA_DIR"] = Inside("schema"),
            ["RABBITMQ_GENERATED_CONFIG_DIR"] = Inside("generated"),
            ["RABBITMQ_PID_FILE"] = Inside("pid"),
        };
    }

    public override string Address => $"amqp://guest:guest@127.0.0.1:{_port}/";

    // The script that starts the server waits for it; the server itself is in the file.
    protected override OwnedProcess? Main =>
        _main ??= int.TryParse(ReadPid(), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? OwnedProcess.Find(id) : null;

    protected override int StopSignal => OwnedProcess.SigTerm;

    /// <summary>
    /// The RabbitMQ of this machine, or of the Debian that <c>INGEST_TEST_RABBITMQ_ROOT</c> names, a folder with a whole
    /// root file system in it; null when there is none.
    /// </summary>
    public static NativeRabbitMq? Find()
    {
        if (!OperatingSystem.IsLinux())
            return null;
        if (Environment.GetEnvironmentVariable("INGEST_TEST_RABBITMQ_ROOT") is { Length: > 0 } root)
            return new NativeRabbitMq(Debian, "/usr/bin/epmd", SystemUser.Find("rabbitmq", root), root);
        if (NativeTools.OnPath("epmd") is not { } epmd)
            return null;
        var binaries = File.Exists(Path.Combine(Debian, "rabbitmq-server"))
            ? Debian
            : Path.GetDirectoryName(NativeTools.OnPath("rabbitmq-server"));
        return binaries is null ? null : new NativeRabbitMq(binaries, epmd, SystemUser.Find("rabbitmq"));
    }

    public override async Task StartAsync()
    {
        if (_epmd is null)
            await InitializeAsync();
        _main = null;
        File.Delete(Inside("pid"));
        await LaunchAsync(Path.Combine(_binaries, "rabbitmq-server"), [], _surroundings, ReadyAsync);
    }

    public override async Task<string> RunToolAsync(string tool, params string[] arguments)
    {
        string[] command = [.. Prefix, Path.Combine(_binaries, tool), .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Folder,
        };
        foreach (var (key, value) in _surroundings)
            start.Environment[key] = value;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{tool} failed: {await error}{output}");
    }

    public override async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (_epmd is not null)
        {
            _epmd.Kill();
            await _epmd.WaitForExitAsync();
            _epmd.Dispose();
        }
        await base.DisposeAsync();
    }

    private async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(Inside("plugins"), "[].\n");
        // No alarms on a small machine, and a log of quorum queues that fits it.
        await File.WriteAllTextAsync(Inside("rabbitmq.conf"), $"""
            listeners.tcp.1 = 127.0.0.1:{_port}
            log.console = false
            vm_memory_high_watermark.absolute = 1GB
            disk_free_limit.absolute = 50MB
            raft.wal_max_size_bytes = 67108864

            """);
        var cookie = Inside(".erlang.cookie");
        await File.WriteAllTextAsync(cookie, RandomNumberGenerator.GetHexString(32));
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(cookie, UnixFileMode.UserRead);
        foreach (var file in Directory.EnumerateFiles(Folder))
            _user?.Own(file);

        // A port mapper of its own: one that was here before would outlive the tests, or end in the middle of them.
        _epmd = Start(_epmdProgram, [], _surroundings);
        if (OwnedProcess.Find(_epmd.Id) is { } epmd)
            TestRun.Watch(epmd);
    }

    private async Task<bool> ReadyAsync()
    {
        await using var connection = await RabbitMqServer.ConnectAsync(Address);
        return true;
    }

    private string? ReadPid() => File.Exists(Inside("pid")) ? File.ReadAllText(Inside("pid")).Trim() : null;

    private string Inside(string name) => Path.Combine(Folder, name);
}
