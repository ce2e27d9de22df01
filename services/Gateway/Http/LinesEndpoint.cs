using System.Net;
using Ingest.Gateway.Edge;
using Ingest.Gateway.Framing;
using Ingest.Gateway.Receipts;
using Ingest.Gateway.Sources;
using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Ingest.Gateway.Http;

/// <summary>
/// Lines as the body of a POST, of any length. The answer is the receipt, given when it is true: 200 when every line is
/// in the database, 202 when it is in the queue.
/// </summary>
internal sealed partial class LinesEndpoint(
    PipelineIntakes intakes,
    AddressRules addresses,
    Tokens tokens,
    GatewayEnd end,
    IOptions<GatewayOptions> options,
    IOptions<EdgeOptions> edge,
    ILogger<LinesEndpoint> logger)
{
    public const string Route = "/v1/pipelines/{name}/lines";

    private const int SoonSeconds = 1;
    private const int LaterSeconds = 5;

    private readonly Admission _requests = new(options.Value.MaxHttpConnections, 0);

    /// <summary>Answers one request.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        if (await AdmitAsync(context) is { } problem && !context.RequestAborted.IsCancellationRequested)
            await problem.WriteAsync(context.Response, context.RequestAborted);
    }

    /// <returns>Why it was not done, or null when it is answered already.</returns>
    private async Task<Problem?> AdmitAsync(HttpContext context)
    {
        if (CheckSender(context) is { } refusal)
            return refusal;
        if (end.Stopping.IsCancellationRequested)
            return new Problem(StatusCodes.Status503ServiceUnavailable, "The gateway stops; send the lines again.") { RetryAfterSeconds = LaterSeconds };
        using var request = _requests.TryEnter();
        if (request is null)
        {
            // Or it would keep one of the connections that are left for probes.
            context.Response.Headers.Connection = "close";
            return new Problem(StatusCodes.Status429TooManyRequests,
                $"The gateway has {_requests.Places} requests already (Gateway__MaxHttpConnections).")
            { RetryAfterSeconds = SoonSeconds };
        }

        var name = (string)context.Request.RouteValues["name"]!;
        if (intakes.Find(name) is not { } intake)
            return Unknown(name);
        using var place = intake.Admission.TryEnter();
        if (CheckRoom(context, intake, place) is { } full)
            return full;
        if (!RequestBody.TryReadEncoding(context.Request, out var encoding))
        {
            context.Response.Headers.AcceptEncoding = RequestBody.Encodings;
            return new Problem(StatusCodes.Status415UnsupportedMediaType, $"The body's Content-Encoding is not understood; send one of {RequestBody.Encodings}.");
        }

        if (SourceNaming.Read(context.Request, intake.Pipeline, AddressOf(context), out var fault) is not { } source)
            return new Problem(StatusCodes.Status400BadRequest, fault!);
        if (!source.Replayable)
            return await TakeAsync(context, intake, source, encoding);
        if (!intake.TryClaim(source))
        {
            return new Problem(StatusCodes.Status409Conflict, "Another request with this idempotency key is under way; wait for its end, then send it again.")
            { RetryAfterSeconds = SoonSeconds };
        }

        try
        {
            return await TakeAsync(context, intake, source, encoding);
        }
        finally
        {
            intake.Release(source);
        }
    }

    private Problem? CheckSender(HttpContext context)
    {
        if (context.Connection.RemoteIpAddress is { } remote && !addresses.Allows(remote))
            return new Problem(StatusCodes.Status403Forbidden, "This address may not send lines (Edge__AllowedAddresses).");
        if (!tokens.AreRequired)
        {
            return edge.Value.OpenHttp || context.Connection.LocalIpAddress is not { } local || IPAddress.IsLoopback(local)
                ? null
                : new Problem(StatusCodes.Status403Forbidden,
                    "Beyond loopback lines are taken with a token only; set Edge__TokensFile, or Edge__OpenHttp=true to take them from everybody.");
        }

        if (tokens.Accept(context.Request.Headers.Authorization.ToString()))
            return null;
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return new Problem(StatusCodes.Status401Unauthorized, "Send 'Authorization: Bearer TOKEN' with one of the gateway's tokens.");
    }

    private Problem Unknown(string name)
    {
        var names = intakes.All.Select(i => i.Pipeline.Name).ToList();
        return new Problem(StatusCodes.Status404NotFound,
            $"There is no pipeline '{name}'; {Suggestion.For(name, names, $"there is {string.Join(", ", names)}")}");
    }

    private static Problem? CheckRoom(HttpContext context, PipelineIntake intake, Admission.Place? place)
    {
        var (pipeline, admission) = (intake.Pipeline.Name, intake.Admission);
        if (place is null)
        {
            return new Problem(StatusCodes.Status429TooManyRequests,
                $"Pipeline {pipeline} has {admission.Places} connections already (Gateway__MaxConnectionsPerPipeline).")
            { RetryAfterSeconds = SoonSeconds };
        }

        if (context.Connection.RemoteIpAddress is { } remote && !place.TryBelongTo(AddressRules.Plain(remote)))
        {
            return new Problem(StatusCodes.Status429TooManyRequests,
                $"This address has {admission.PlacesPerAddress} connections to pipeline {pipeline} already (Edge__MaxConnectionsPerAddress).")
            { RetryAfterSeconds = SoonSeconds };
        }

        return intake.IsOpen
            ? null
            : new Problem(StatusCodes.Status503ServiceUnavailable, $"Nothing can be sent on for pipeline {pipeline} at the moment; nothing was taken.")
            { RetryAfterSeconds = LaterSeconds };
    }

    private async Task<Problem?> TakeAsync(HttpContext context, PipelineIntake intake, Source source, Decompression? encoding)
    {
        Unbind(context);
        try
        {
            var (result, receipt) = await intake.Converse(source, encoding).RunAsync(
                context.Request.Body, end.Stopping, end.Aborting, leaving: over => LeavingAsync(context.RequestAborted, over));
            LogEnded(intake.Pipeline.Name, source.Name, result.Outcome, result.Lines, result.Bytes);
            if (result.Outcome != SourceOutcome.Completed)
                return Describe(result, source);
            if (!context.RequestAborted.IsCancellationRequested)
                await AnswerAsync(context, receipt);
        }
        catch (OperationCanceledException) when (end.Aborting.IsCancellationRequested)
        {
            // As a reset tells a producer on TCP: nothing is promised.
            context.Abort();
        }
        catch (BatchBuriedException buried)
        {
            return new Problem(StatusCodes.Status500InternalServerError, $"{buried.Message}; the lines after it were not taken.");
        }

        return null;
    }

    private static async Task LeavingAsync(CancellationToken aborted, CancellationToken over)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(aborted, over);
        await Task.Delay(Timeout.InfiniteTimeSpan, either.Token);
    }

    private static string AddressOf(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address ? new IPEndPoint(AddressRules.Plain(address), context.Connection.RemotePort).ToString() : "http";

    /// <summary>A stream of lines has no length, and may be quiet; how much of it is held is bounded elsewhere.</summary>
    private static void Unbind(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
    }

    private static Problem Describe(SourceResult result, Source source)
    {
        var again = source.Replayable ? "send the same body with the same key again" : "send what follows these bytes again";
        var problem = result.Outcome switch
        {
            SourceOutcome.Interrupted => new Problem(StatusCodes.Status503ServiceUnavailable, $"The gateway stops; {again}.") { RetryAfterSeconds = LaterSeconds },
            SourceOutcome.Corrupt => new Problem(StatusCodes.Status422UnprocessableEntity, $"The body cannot be decompressed further ({result.Error}); every whole line before that was taken."),
            SourceOutcome.Refused => new Problem(StatusCodes.Status422UnprocessableEntity, $"The body is not decompressed further: {result.Error}; its first {result.Lines} lines were taken."),
            SourceOutcome.Postponed => new Problem(StatusCodes.Status503ServiceUnavailable, $"The body is not decompressed further: {result.Error}; {again}.") { RetryAfterSeconds = LaterSeconds },
            SourceOutcome.Broken => new Problem(StatusCodes.Status400BadRequest, $"The body broke off ({result.Error}); {again}."),
            _ => new Problem(StatusCodes.Status408RequestTimeout, $"The gateway waited for too long: {result.Error}; {again}."),
        };
        return problem with { Lines = result.Lines, Bytes = result.Bytes };
    }

    private static async Task AnswerAsync(HttpContext context, Receipt? receipt)
    {
        if (receipt is null)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        context.Response.StatusCode = receipt.State == ReceiptState.Committed ? StatusCodes.Status200OK : StatusCodes.Status202Accepted;
        context.Response.ContentType = "application/json";
        var body = receipt.ToLine();
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Pipeline {Pipeline}: request {Source} ended, {Outcome}: {Lines} lines, {Bytes} bytes")]
    private partial void LogEnded(string pipeline, string source, SourceOutcome outcome, long lines, long bytes);
}
