using System.Globalization;
using System.Text;
using System.Text.Json;
using Ingest.TestSupport;

namespace Ingest.EndToEndTests;

/// <summary>
/// What other pipelines were seen to do with 5,000 good lines: one malformed line cost half of them, a NUL in a value
/// all of them or the rest of the value, one row that the database refuses its whole batch, one duplicate likewise, the
/// last line without a newline was dropped, and nobody told the producer anything.
/// </summary>
public sealed class PeerFaultTests(SharedServers servers)
{
    private const int Good = 5_000;

    private const string Events =
        """
        acknowledge: committed
        table: events
        key: id
        columns:
          id: integer
          text: text
        """;

    [Fact]
    public async Task Each_bad_line_costs_itself_and_nothing_else()
    {
        var ncat = await Ncat.FindOrSkipAsync();
        await using var pipeline = await PipelineUnderTest.StartAsync(servers, Events);
        await Eventually.HoldsAsync(
            () => pipeline.Database.ScalarAsync<bool>("SELECT to_regclass('events') IS NOT NULL"),
            PipelineUnderTest.Deadline,
            () => pipeline.Writer.Describe("was to create the table"));
        await pipeline.Database.ExecuteAsync("ALTER TABLE events ADD CHECK (id <> 100000)");

        var sent = await ncat.SendAsync(pipeline.Port, new MemoryStream(Input()), PipelineUnderTest.Deadline);
        Assert.Equal(0, sent.ExitCode);
        using var receipt = JsonDocument.Parse(sent.Output);
        Assert.Equal("committed", receipt.RootElement.GetProperty("state").GetString());
        Assert.Equal((Good + 5, Good + 1, 1, 3), (Count("lines"), Count("written"), Count("duplicate"), Count("rejected")));

        Assert.Equal(Good + 1, await pipeline.Database.ScalarAsync<long>("SELECT count(*) FROM events"));
        Assert.Equal(
            "1001 invalid_json - {\"id\":|2002 constraint_violation 23514 |4004 invalid_json - {\"id\":6,\"text\":\"a\\x00b\"}",
            await pipeline.Database.ScalarAsync<string>(
                """
                SELECT string_agg(concat_ws(' ', line, reason, coalesce(sqlstate, '-'),
                    CASE WHEN sqlstate IS NULL THEN replace(encode(raw, 'escape'), '\000', '\x00') ELSE '' END), '|' ORDER BY line)
                FROM ingest_rejects
                """));
        Assert.Equal("before\uFFFDafter", await pipeline.Database.ScalarAsync<string>("SELECT text FROM events WHERE id = 200000"));
        Assert.Equal("the last line", await pipeline.Database.ScalarAsync<string>($"SELECT text FROM events WHERE id = {Good}"));
        long Count(string name) => receipt.RootElement.GetProperty(name).GetInt64();
    }

    /// <summary>Good lines from 1 to 5,000, the last without a newline, and five others among them.</summary>
    private static byte[] Input()
    {
        var text = new StringBuilder();
        for (var n = 1; n < Good; n++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{{\"id\":{n},\"text\":\"{n}\"}}\n");
            text.Append(n switch
            {
                1000 => "{\"id\":\n",
                2000 => "{\"id\":100000,\"text\":\"refused\"}\n",
                3000 => "{\"id\":200000,\"text\":\"before\\u0000after\"}\n",
                4000 => "{\"id\":6,\"text\":\"a\0b\"}\n",
                4500 => "{\"id\":7,\"text\":\"again\"}\n",
                _ => "",
            });
        }

        text.Append(CultureInfo.InvariantCulture, $"{{\"id\":{Good},\"text\":\"the last line\"}}");
        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
