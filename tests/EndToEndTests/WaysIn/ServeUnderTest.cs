using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Ingest.TestSupport;
using Microsoft.Data.Sqlite;

namespace Ingest.EndToEndTests.WaysIn;

/// <summary>All stages in one process over a SQLite file of its own, with one pipeline <c>numbers</c>.</summary>
internal sealed class ServeUnderTest : IAsyncDisposable
{
    public const string Columns =
        """
        table: numbers
        columns:
          n: bigint
        """;

    public static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, string?> _settings;

    private ServeUnderTest(string folder, Dictionary<string, string?> settings) => (Folder, _settings) = (folder, settings);

    public string Folder { get; }

    public ServiceProcess Process { get; private set; } = null!;

    /// <summary>Where lines are posted to, when it was started with <see cref="Http"/>.</summary>
    public Uri Posts => new($"{_settings["ASPNETCORE_URLS"]}/v1/pipelines/numbers/lines");

    /// <summary>A setting that makes it listen for HTTP.</summary>
    public static (string Key, string Value) Http() => ("ASPNETCORE_URLS", $"http://127.0.0.1:{FreePort.Next()}");

    /// <param name="definition">What says where lines come from.</param>
    /// <param name="settings">Environment variables.</param>
    public static Task<ServeUnderTest> StartAsync(string definition, params (string Key, string Value)[] settings) =>
        StartAsync(TestRun.CreateFolder("serve"), definition, settings);

    public static async Task<ServeUnderTest> StartAsync(string folder, string definition, params (string Key, string Value)[] settings)
    {
        var serve = Prepare(folder, definition, settings);
        await serve.StartAgainAsync();
        return serve;
    }

    /// <summary>Starts what cannot start, and gives what it says on standard error.</summary>
    public static async Task<(int ExitCode, string Error)> FailAsync(
        string folder, string definition, params (string Key, string Value)[] settings)
    {
        await using var serve = Prepare(folder, definition, settings);
        serve.Run();
        var exitCode = await serve.Process.WaitForExitAsync(Deadline);
        return (exitCode, string.Join('\n', serve.Process.Output.ErrorLines));
    }

    /// <summary>Starts it again on the same folder, after it has ended.</summary>
    public async Task StartAgainAsync()
    {
        if (Process is not null)
            await Process.DisposeAsync();
        Run();
        await Process!.WaitForLineAsync(line => line.Contains("Ctrl+C stops", StringComparison.Ordinal), Deadline);
    }

    /// <summary>Waits for a line of its log.</summary>
    public Task<string> SaysAsync(string text) => Process.WaitForLineAsync(line => line.Contains(text, StringComparison.Ordinal), Deadline);

    /// <summary>The numbers in the table, in order.</summary>
    public IReadOnlyList<long> Numbers() => Query("SELECT n FROM numbers ORDER BY n", row => row.GetInt64(0));

    /// <summary>The ledger's sources, in the order of their ends.</summary>
    public IReadOnlyList<(string Source, long Lines)> Sources() =>
        Query("SELECT source, lines FROM ingest_sources ORDER BY ended_at", row => (row.GetString(0), row.GetInt64(1)));

    public Task WritesAsync(params long[] numbers) => Eventually.HoldsAsync(
        () => Numbers().SequenceEqual(numbers),
        Deadline,
        () => $"The table was to hold {string.Join(", ", numbers)} and holds {string.Join(", ", Numbers())}. {Process.Describe("runs")}");

    public async ValueTask DisposeAsync() => await Process.DisposeAsync();

    /// <summary>Lines with these numbers.</summary>
    public static byte[] Lines(params IEnumerable<long> numbers) =>
        Encoding.ASCII.GetBytes(string.Concat(numbers.Select(n => string.Create(CultureInfo.InvariantCulture, $"{{\"n\":{n}}}\n"))));

    /// <summary>Sends bytes, ends the sending, and reads to the other side's end.</summary>
    public static async Task<string> SendAsync(Stream connection, Socket socket, ReadOnlyMemory<byte> bytes)
    {
        await connection.WriteAsync(bytes, TestContext.Current.CancellationToken);
        socket.Shutdown(SocketShutdown.Send);
        return await ReadAsync(connection);
    }

    public static async Task<string> ReadAsync(Stream connection)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        late.CancelAfter(Deadline);
        using var reader = new StreamReader(connection, leaveOpen: true);
        return await reader.ReadToEndAsync(late.Token);
    }

    public static async Task<Socket> ConnectAsync(EndPoint endPoint)
    {
        var socket = endPoint.AddressFamily == AddressFamily.Unix
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(endPoint, TestContext.Current.CancellationToken);
        return socket;
    }

    public static JsonElement Receipt(string text)
    {
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        return JsonDocument.Parse(text).RootElement;
    }

    private static ServeUnderTest Prepare(string folder, string definition, (string Key, string Value)[] settings)
    {
        File.WriteAllText(Path.Combine(folder, "numbers.yaml"), $"pipeline: numbers\n{definition}\n{Columns}");
        return new ServeUnderTest(folder, settings.ToDictionary(s => s.Key, s => (string?)s.Value));
    }

    private void Run() =>
        Process = ServiceProcess.Start("Cli", ["serve", "-p", "numbers.yaml", "-d", "numbers.db"], _settings, Folder);

    private List<T> Query<T>(string sql, Func<SqliteDataReader, T> read)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(Folder, "numbers.db")};Pooling=False");
        connection.Open();
        using var query = connection.CreateCommand();
        query.CommandText = sql;
        using var reader = query.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
            rows.Add(read(reader));
        return rows;
    }
}
