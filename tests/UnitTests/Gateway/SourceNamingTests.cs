using Ingest.Gateway.Framing;
using Ingest.Gateway.Http;
using Microsoft.AspNetCore.Http;

namespace Ingest.UnitTests.Gateway;

public sealed class SourceNamingTests
{
    [Theory]
    [InlineData("", new[] { "a", "a" }, "The idempotency key is given 2 times")]
    [InlineData("?idempotency_key=a&idempotency_key=b&idempotency_key=c", new string[0], "The idempotency key is given 3 times")]
    [InlineData("?idempotency_key=a&idempotency_key=a", new[] { "a" }, "The idempotency key is given 2 times")]
    [InlineData("?source=a&source=b", new[] { "a" }, "The source name is given 2 times")]
    [InlineData("?idempotency_key=", new string[0], "1 to 256 characters")]
    [InlineData("", new[] { "" }, "1 to 256 characters")]
    public void What_is_not_one_name_is_none(string query, string[] keys, string fault)
    {
        Assert.Null(Read(query, keys, out var told));
        Assert.Contains(fault, told, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?idempotency_key=a", new string[0])]
    [InlineData("?idempotency_key=a", new[] { "b" })]
    [InlineData("", new[] { "a" })]
    [InlineData("", new[] { "\"a\"" })]
    public void A_key_names_a_source_that_can_be_sent_again(string query, string[] keys)
    {
        var source = Read(query, keys, out var fault);
        Assert.Null(fault);
        Assert.Equal((true, "a", Read("?idempotency_key=a", [], out _)!.Id), (source!.Replayable, source.Name, source.Id));
    }

    [Fact]
    public void Without_a_key_the_name_is_a_live_sources()
    {
        Assert.Equal((false, "sensor"), Read("?source=sensor", [], out _) is { } named ? (named.Replayable, named.Name) : default);
        Assert.Equal((false, "address"), Read("", [], out _) is { } unnamed ? (unnamed.Replayable, unnamed.Name) : default);
    }

    private static Source? Read(string query, string[] keys, out string? fault)
    {
        var request = new DefaultHttpContext().Request;
        request.QueryString = new QueryString(query);
        if (keys.Length > 0)
            request.Headers["Idempotency-Key"] = keys;
        return SourceNaming.Read(request, Definitions.RefusingAll(), "address", out fault);
    }
}
