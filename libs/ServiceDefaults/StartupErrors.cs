using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace Ingest.ServiceDefaults;

/// <summary>Which exceptions are a user's to mend, what to tell them, and the exit code.</summary>
public static class StartupErrors
{
    /// <returns>Null for a fault of ours.</returns>
    public static (string Message, int ExitCode)? Describe(Exception failure) => failure switch
    {
        StartupException told => (told.Message, told.ExitCode),
        OptionsValidationException wrong => (string.Join(Environment.NewLine, wrong.Failures), ExitCodes.BadConfiguration),
        InvalidOperationException or FormatException when ComesFromHttp(failure) =>
            ($"HTTP cannot listen: {failure.Message.Split(Environment.NewLine)[0]} Look at ASPNETCORE_URLS and Kestrel__Certificates.", ExitCodes.BadConfiguration),
        IOException { InnerException: AddressInUseException } taken =>
            ($"{taken.Message} Set ASPNETCORE_URLS to another address.", ExitCodes.Failed),
        _ => null,
    };

    /// <summary>By the stack: in a native program an exception has no source.</summary>
    private static bool ComesFromHttp(Exception failure) => failure.StackTrace is { } stack
        && (stack.Contains(" Microsoft.AspNetCore.Server.Kestrel.", StringComparison.Ordinal)
            || stack.Contains(" Microsoft.AspNetCore.Http.BindingAddress.", StringComparison.Ordinal));
}
