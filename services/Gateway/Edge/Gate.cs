using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Ingest.Gateway.Listening;
using Ingest.Gateway.Sources;
using Microsoft.Extensions.Options;

namespace Ingest.Gateway.Edge;

/// <summary>
/// What a connection passes before its first line, in this order: the proxy's header, the address rules, TLS, the token.
/// All of it together has a deadline. A Unix domain socket has permissions instead of addresses, TLS and tokens.
/// </summary>
internal sealed class Gate(AddressRules addresses, TlsCertificates certificates, Tokens tokens, IOptions<EdgeOptions> options, TimeProvider time)
{
    /// <param name="socket">The connection.</param>
    /// <param name="place">Its place among the pipeline's connections.</param>
    /// <param name="stopping">Gives up.</param>
    /// <exception cref="RefusedException">It may not send lines, or took too long to show that it may.</exception>
    /// <exception cref="IOException">It ended before that.</exception>
    public async Task<Passage> PassAsync(Socket socket, Admission.Place place, CancellationToken stopping)
    {
        var isUnix = socket.AddressFamily == AddressFamily.Unix;
        var tls = isUnix ? null : certificates.Current;
        var asksToken = tokens.AreRequired && !isUnix;
        var (name, address) = (PeerName.Of(socket), PeerName.AddressOf(socket));
        if (!options.Value.ProxyProtocol)
        {
            Check(address, place);
            if (tls is null && !asksToken)
                return Passage.Plain(name, socket);
        }

        else if (address is not null && !addresses.TrustsAsProxy(address))
        {
            throw new RefusedException($"{address} is none of the proxies that may name a client (Edge__ProxyAddresses)");
        }

        Stream stream = tls is null ? new NetworkStream(socket, ownsSocket: false) : new TlsTransport(socket);
        using var late = new CancellationTokenSource(options.Value.HandshakeTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, stopping);
        try
        {
            if (options.Value.ProxyProtocol)
            {
                if (await ProxyHeader.ReadAsync(stream, either.Token) is { } client)
                    (name, address) = (client.ToString(), client.Address);
                Check(address, place);
            }

            if (tls is not null)
            {
                var secured = new SslStream(stream, leaveInnerStreamOpen: false);
                stream = secured;
                await secured.AuthenticateAsServerAsync(tls, either.Token);
                if (secured.RemoteCertificate is X509Certificate2 certificate)
                    name = certificate.Subject;
            }

            if (asksToken && !tokens.Accept(await TokenLine.ReadAsync(stream, either.Token)))
            {
                await Refusal.TellAsync(stream, name, time, either.Token);
                throw new RefusedException("its first line is not 'Bearer' and one of the tokens (Edge__TokensFile)");
            }

            return new Passage(name, stream);
        }
        catch (Exception failure)
        {
            await stream.DisposeAsync();
            throw failure switch
            {
                OperationCanceledException when late.IsCancellationRequested && !stopping.IsCancellationRequested =>
                    new RefusedException($"it did not show within {options.Value.HandshakeTimeout} that it may send lines (Edge__HandshakeTimeout)"),
                AuthenticationException refused => new RefusedException($"TLS: {refused.Message}"),
                _ => failure,
            };
        }
    }

    private void Check(IPAddress? address, Admission.Place place)
    {
        if (address is null)
            return;
        if (!addresses.Allows(address))
            throw new RefusedException($"{address} may not send lines (Edge__AllowedAddresses)");
        if (!place.TryBelongTo(address))
            throw new RefusedException($"{address} has {options.Value.MaxConnectionsPerAddress} connections already (Edge__MaxConnectionsPerAddress)");
    }
}
