using System.CommandLine;

namespace Ingest.Cli.Send;

/// <summary>What the command line of <c>ingest send</c> says.</summary>
internal sealed record SendSettings
{
    public required string[] Files { get; init; }

    public required string To { get; init; }

    /// <summary>The name of the one input, or null for a file's own and none for standard input and pipes.</summary>
    public string? Source { get; init; }

    public string? TokenFile { get; init; }

    public bool Tls { get; init; }

    public string? AuthorityFile { get; init; }

    public string? CertificateFile { get; init; }

    public string? KeyFile { get; init; }

    public TimeSpan RetryFor { get; init; }

    public bool Json { get; init; }
}

/// <summary><c>ingest send</c>: files or standard input to a gateway's TCP port, as they are.</summary>
internal static class SendCommand
{
    public static Command Create()
    {
        var files = new Argument<string[]>("FILES")
        {
            Description = "Files of newline-delimited JSON, plain or compressed, which are sent as they are; - is standard input.",
            Arity = ArgumentArity.OneOrMore,
        };
        var to = new Option<string>("--to") { Description = "The gateway's port.", HelpName = "HOST:PORT", Required = true };
        var source = Text("--source", "NAME", "What the input is called, in place of HOST:PATH; under that name the same bytes can be sent again without being written twice.");
        var token = Text("--token-file", "FILE", "Holds the token that the gateway asks for.");
        var tls = new Option<bool>("--tls") { Description = "Speaks TLS; the options below mean it too." };
        var authority = Text("--tls-ca", "FILE", "The authority of the gateway's certificate, where the system does not know it (PEM).");
        var certificate = Text("--tls-cert", "FILE", "The certificate to show to the gateway (PEM).");
        var key = Text("--tls-key", "FILE", "Its key (PEM).");
        var retry = new Option<double>("--retry-for")
        {
            Description = "How long to try again without getting further.",
            HelpName = "SECONDS",
            DefaultValueFactory = _ => 300,
        };
        retry.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.GetValueOrDefault<double>() is not (>= 0 and <= 1e9))
                result.AddError("--retry-for takes a number of seconds from 0 up.");
        });
        var format = CommonOptions.Format();
        var command = new Command("send", "Sends files to a gateway and says what became of their lines.")
        {
            files, to, source, token, tls, authority, certificate, key, retry, format,
        };
        command.SetAction(parsed => CommonOptions.GuardAsync(() => new SendRun(new SendSettings
        {
            Files = parsed.GetValue(files)!,
            To = parsed.GetValue(to)!,
            Source = parsed.GetValue(source),
            TokenFile = parsed.GetValue(token),
            Tls = parsed.GetValue(tls),
            AuthorityFile = parsed.GetValue(authority),
            CertificateFile = parsed.GetValue(certificate),
            KeyFile = parsed.GetValue(key),
            RetryFor = TimeSpan.FromSeconds(parsed.GetValue(retry)),
            Json = parsed.GetValue(format) == "json",
        }).RunAsync()));
        return command;
    }

    private static Option<string?> Text(string name, string helpName, string description) => new(name) { Description = description, HelpName = helpName };
}
