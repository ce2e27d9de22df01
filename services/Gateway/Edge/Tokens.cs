using System.Security.Cryptography;
using System.Text;
using Ingest.ServiceDefaults;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Ingest.Gateway.Edge;

/// <summary>
/// The tokens that producers may show (RFC 6750), one a line of a file; empty lines and those that begin with # are
/// none. Only their hashes are kept. The file is read again when it has changed; what cannot be read leaves the tokens as they are.
/// </summary>
internal sealed partial class Tokens
{
    private const string Scheme = "Bearer ";

    private readonly ReloadedFile<byte[][]>? _file;

    /// <exception cref="StartupException">The file cannot be read, or holds no token.</exception>
    public Tokens(IOptions<EdgeOptions> options, ILogger<Tokens> logger)
    {
        if (options.Value.TokensFile is { Length: > 0 } path)
            _file = new ReloadedFile<byte[][]>("Edge__TokensFile", [path], () => Read(path), logger);
    }

    /// <summary>Without a file nobody is asked for one.</summary>
    public bool AreRequired => _file is not null;

    /// <param name="credentials">As an <c>Authorization</c> header or a first line has them: <c>Bearer TOKEN</c>.</param>
    public bool Accept(ReadOnlySpan<char> credentials)
    {
        if (_file is null)
            return true;
        if (!credentials.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return false;
        var hash = Hash(credentials[Scheme.Length..].Trim(' '));

        // How long it takes tells nothing of the tokens: hashes of one length are compared, all of them, each as a whole.
        var found = false;
        foreach (var token in _file.Current)
            found |= CryptographicOperations.FixedTimeEquals(token, hash);
        return found;
    }

    private static byte[][] Read(string path)
    {
        byte[][] tokens =
        [
            .. File.ReadLines(path).Select(line => line.Trim()).Where(line => line is not ("" or ['#', ..])).Select(line => Hash(line)),
        ];
        return tokens.Length > 0 ? tokens : throw new InvalidDataException("it holds no token; write one a line");
    }

    private static byte[] Hash(ReadOnlySpan<char> token)
    {
        var utf8 = new byte[Encoding.UTF8.GetByteCount(token)];
        Encoding.UTF8.GetBytes(token, utf8);
        return SHA256.HashData(utf8);
    }
}
