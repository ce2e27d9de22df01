using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Ingest.Messaging.RabbitMq;

/// <summary>
/// One connection to the broker, built when it is first needed and again after it was lost. The client's own recovery
/// is off: it can hang after a broker's restart, and stages rebuild their channels anyway.
/// </summary>
internal sealed partial class RabbitMqConnection(RabbitMqOptions options, string name, ILogger logger) : IAsyncDisposable
{
    private readonly SemaphoreSlim _building = new(1);
    private IConnection? _connection;
    private bool _disposed;

    public bool IsOpen => _connection is { IsOpen: true };

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
                LogConnected(name, options.Uri.Host, options.Uri.Port);
            }

            return await _connection.CreateChannelAsync(channelOptions, cancellationToken);
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

    /// <summary>Gives the connection up, however it is; the next channel gets a new one.</summary>
    public async Task ResetAsync(IChannel channel)
    {
        await _building.WaitAsync();
        try
        {
            // Someone else may have built a new connection meanwhile.
            if (!channel.IsOpen || _connection is null)
                return;
            await AbandonAsync(_connection);
            _connection = null;
        }
        finally
        {
            _building.Release();
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
            _connection = null;
        }
        finally
        {
            _building.Release();
        }
    }

    public static bool IsConnectionFailure(Exception failure, CancellationToken cancellationToken) =>
        failure is BrokerUnreachableException or AlreadyClosedException or OperationInterruptedException
            or IOException or TimeoutException or System.Net.Sockets.SocketException or ObjectDisposedException
            or ProtocolException or OperationCanceledException
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

    private ConnectionFactory CreateFactory()
    {
        var factory = new ConnectionFactory
        {
            AutomaticRecoveryEnabled = false,
            TopologyRecoveryEnabled = false,
            ContinuationTimeout = options.PublishTimeout,
        };
        // The client reads the path "/" as the virtual host "", which no broker has.
        var path = options.Uri.AbsolutePath;
        factory.Uri = path is "/" ? new UriBuilder(options.Uri) { Path = "" }.Uri : options.Uri;
        if (path is "/")
            factory.VirtualHost = "/";
        return factory;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Connected {Name} to RabbitMQ at {Host}:{Port}")]
    private partial void LogConnected(string name, string host, int port);
}
