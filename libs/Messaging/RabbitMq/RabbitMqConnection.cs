using System.Net.Security;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Ingest.Messaging.RabbitMq;

/// <summary>
/// One connection to the broker, built when it is first needed and again after it was lost. The client's own recovery
/// is off: it can hang after a broker's restart, and stages rebuild their channels anyway.
/// </summary>
internal sealed partial class RabbitMqConnection(RabbitMqOptions options, string name, IQueueProblems? problems, ILogger logger)
    : IAsyncDisposable
{
    private readonly SemaphoreSlim _building = new(1);
    private readonly ConditionalWeakTable<IChannel, IConnection> _channels = [];
    private IConnection? _connection;
    private bool _disposed;

    /// <summary>A connection that did not answer in time; confirms may still come over it.</summary>
    private IConnection? _retired;

    /// <summary>Completed while the broker takes publishes.</summary>
    private TaskCompletionSource _unblocked = Completed();
    private int _blocks;

    public bool IsOpen => _connection is { IsOpen: true };

    /// <summary>The broker is short of memory or disk and takes nothing from this connection until it is not.</summary>
    public bool IsBlocked => !_unblocked.Task.IsCompleted;

    /// <exception cref="SendFailedException">The broker cannot be reached.</exception>
    public async Task<IChannel> OpenChannelAsync(CreateChannelOptions channelOptions, CancellationToken cancellationToken)
    {
        await _building.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_connection is not { IsOpen: true })
            {
                await AbandonAsync(_connection);
                _connection = null;
                _connection = await ConnectAsync(cancellationToken);
                Watch(_connection);
                LogConnected(name, options.Uri.Host, options.Uri.Port);
            }

            var channel = await _connection.CreateChannelAsync(channelOptions, cancellationToken);
            _channels.AddOrUpdate(channel, _connection);
            return channel;
        }
        catch (Exception failure) when (IsConnectionFailure(failure, cancellationToken))
        {
            throw new SendFailedException($"RabbitMQ at {options.Uri.Host}:{options.Uri.Port} cannot be used: {Reason(failure)}", failure);
        }
        finally
        {
            _building.Release();
        }
    }

    /// <summary>The client may wait for a frozen broker beyond all its own time-outs and its token too.</summary>
    private async Task<IConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(options.PublishTimeout);
        var connecting = CreateFactory().CreateConnectionAsync(name, deadline.Token);
        try
        {
            return await connecting.WaitAsync(deadline.Token);
        }
        catch (OperationCanceledException) when (!connecting.IsCompleted)
        {
            // Nobody can wait for it: that it may never end is why it is given up.
            _ = AbandonLateAsync(connecting);
            throw;
        }
    }

    /// <summary>Whether the channel's connection is the one that new channels get.</summary>
    public bool IsCurrent(IChannel channel) => _channels.TryGetValue(channel, out var connection) && connection == _connection;

    /// <summary>
    /// Takes the channel's connection out of use, for it does not answer: the next channel gets a new one. The old one
    /// stays for what may still come over it, until it breaks or another one is taken out of use.
    /// </summary>
    public async Task RetireAsync(IChannel channel)
    {
        await _building.WaitAsync();
        try
        {
            // Someone else may have built a new connection meanwhile.
            if (!IsCurrent(channel))
                return;
            await AbandonAsync(_retired);
            _retired = _connection;
            _connection = null;
            Unblock();
        }
        finally
        {
            _building.Release();
        }
    }

    /// <summary>Waits for the work, but not beyond a deadline, which begins anew whenever the broker has blocked publishers.</summary>
    /// <returns>False when the deadline passed.</returns>
    public async Task<bool> EndsWithinAsync(Task work, TimeSpan deadline, TimeProvider time, CancellationToken cancellationToken)
    {
        while (true)
        {
            var blocks = _blocks;
            try
            {
                await Task.WhenAny(work, _unblocked.Task).WaitAsync(cancellationToken);
                await Task.WhenAny(work).WaitAsync(deadline, time, cancellationToken);
                return true;
            }
            catch (TimeoutException) when (blocks == _blocks && !IsBlocked)
            {
                return work.IsCompleted;
            }
            catch (TimeoutException)
            {
                // Nobody could have answered.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _building.WaitAsync();
        try
        {
            _disposed = true;
            if (_connection is { IsOpen: true } open)
            {
                try
                {
                    await open.CloseAsync(TimeSpan.FromSeconds(5));
                }
                catch (Exception failure) when (IsConnectionFailure(failure, CancellationToken.None))
                {
                    // It was lost while closing, which ends it just as well.
                }
            }

            await AbandonAsync(_connection);
            await AbandonAsync(_retired);
            (_connection, _retired) = (null, null);
            Unblock();
        }
        finally
        {
            _building.Release();
        }
    }

    private void Watch(IConnection connection)
    {
        connection.ConnectionBlockedAsync += (_, blocked) =>
        {
            if (connection == _connection)
                Block(blocked.Reason);
            return Task.CompletedTask;
        };
        connection.ConnectionUnblockedAsync += (_, _) => Over();
        connection.ConnectionShutdownAsync += (_, _) => Over();

        Task Over()
        {
            if (connection == _connection)
                Unblock();
            return Task.CompletedTask;
        }
    }

    private void Block(string reason)
    {
        if (IsBlocked)
            return;
        Interlocked.Increment(ref _blocks);
        _unblocked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        LogBlocked(name, reason);
        problems?.Report(name, $"RabbitMQ is out of memory or disk and blocks publishers ({reason})", needsHelp: false);
    }

    private void Unblock()
    {
        if (!_unblocked.TrySetResult())
            return;
        LogUnblocked(name);
        problems?.Resolve(name);
    }

    private static TaskCompletionSource Completed()
    {
        var completed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        completed.SetResult();
        return completed;
    }

    public static bool IsConnectionFailure(Exception failure, CancellationToken cancellationToken) =>
        failure is BrokerUnreachableException or AlreadyClosedException or OperationInterruptedException
            or IOException or TimeoutException or System.Net.Sockets.SocketException or ObjectDisposedException
            or ProtocolException or OperationCanceledException or System.Threading.Channels.ChannelClosedException
        && !cancellationToken.IsCancellationRequested;

    public static string Reason(Exception failure) => failure switch
    {
        BrokerUnreachableException { InnerException: { } inner } => Reason(inner),
        AggregateException { InnerException: { } inner } => Reason(inner),
        OperationInterruptedException { ShutdownReason: { } reason } => reason.ReplyText,
        _ => failure.Message,
    };

    private static async Task AbandonLateAsync(Task<IConnection> connecting)
    {
        try
        {
            await AbandonAsync(await connecting);
        }
        catch (Exception failure) when (IsConnectionFailure(failure, CancellationToken.None))
        {
            // It never came about.
        }
    }

    private static async Task AbandonAsync(IConnection? connection)
    {
        if (connection is null)
            return;
        try
        {
            await connection.AbortAsync(TimeSpan.FromSeconds(1));
            await connection.DisposeAsync();
        }
        catch (Exception failure) when (IsConnectionFailure(failure, CancellationToken.None))
        {
            // What cannot even be aborted is left to the kernel.
        }
    }

    private ConnectionFactory CreateFactory() => CreateFactory(options);

    internal static ConnectionFactory CreateFactory(RabbitMqOptions options)
    {
        var factory = new ConnectionFactory
        {
            AutomaticRecoveryEnabled = false,
            TopologyRecoveryEnabled = false,
            ContinuationTimeout = options.PublishTimeout,
            SocketFactory = ReadAheadClient.Create,
        };
        // The client reads the path "/" as the virtual host "", which no broker has.
        var path = options.Uri.AbsolutePath;
        factory.Uri = path is "/" ? new UriBuilder(options.Uri) { Path = "" }.Uri : options.Uri;
        if (path is "/")
            factory.VirtualHost = "/";
        // An amqps address has the client accept a certificate of any other name.
        factory.Ssl.AcceptablePolicyErrors = SslPolicyErrors.None;
        return factory;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "RabbitMQ blocks the connection {Name} until it has resources again: {Reason}")]
    private partial void LogBlocked(string name, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "RabbitMQ takes publishes of the connection {Name} again")]
    private partial void LogUnblocked(string name);

    [LoggerMessage(Level = LogLevel.Information, Message = "Connected {Name} to RabbitMQ at {Host}:{Port}")]
    private partial void LogConnected(string name, string host, int port);
}
