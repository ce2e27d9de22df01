using Ingest.Messaging;
using Ingest.Pipelines;
using Ingest.Pipelines.Definition;
using Xunit;

namespace Ingest.UnitTests.Definition;

public class DefinitionLoaderTests
{
    [Fact]
    public void Every_property_is_read()
    {
        var definition = Load("""
            pipeline: comments
            listen: 7070
            where: subreddit in ["elixir", "erlang"] && author != "[deleted]"
            table: social.comments
            key: [id, part]
            on_duplicate: update
            max_line_bytes: 4096
            decompress: none
            columns:
              id: text
              part: { type: smallint, required: true }
              body: { from: a["b.c"][2].d, type: text, clean: [trim], null_if: ["[removed]", 7, no, off], max_length: 100, default: -1.50 }
              at: { unit: milliseconds, type: timestamptz }
            """.Replace("a[\"b.c\"][2].d", "'a[\"b.c\"][2].d'", StringComparison.Ordinal));

        Assert.Equal(("comments", "f.yaml", 7070), (definition.Name, definition.File, definition.ListenPort));
        Assert.Equal("subreddit in [\"elixir\", \"erlang\"] && author != \"[deleted]\"", definition.Where?.ToString());
        Assert.Equal(new TableName("social", "comments"), definition.Table);
        Assert.Equal(["id", "part"], definition.Key);
        Assert.Equal((OnDuplicate.Update, 4096, Decompression.None), (definition.OnDuplicate, definition.MaxLineBytes, definition.Decompression));
        Assert.Equal(["id", "part", "body", "at"], definition.Columns.Select(c => c.Name));
        Assert.Equal([true, true, false, false], definition.Columns.Select(c => c.Required));

        var body = definition.Columns[2];
        Assert.Equal("a[\"b.c\"][2].d", body.From.ToString());
        Assert.Equal((ColumnType.Text, true, 100), (body.Type, body.Trim, body.MaxLength));
        Assert.Equal(["\"[removed]\"", "7", "\"no\"", "\"off\""], body.NullIf.Select(v => v.ToString()));
        Assert.Equal(new JsonLiteral(JsonKind.Number, "-1.50"u8.ToArray()), body.Default);
        Assert.Equal(TimeUnit.Milliseconds, definition.Columns[3].Unit);
    }

    [Fact]
    public void A_sockets_path_counts_from_the_definitions_folder()
    {
        var relative = DefinitionLoader.Parse("/etc/ingest/p.yaml", "pipeline: p\nlisten: ./run/p.sock\ntable: t\ncolumns: { a: text }").Definition!;
        Assert.Equal((null, "/etc/ingest/run/p.sock"), (relative.ListenPort, relative.ListenPath));
        var absolute = Load("pipeline: p\nlisten: /run//ingest/p.sock\ntable: t\ncolumns: { a: text }");
        Assert.Equal((null, "/run/ingest/p.sock"), (absolute.ListenPort, absolute.ListenPath));
    }

    [Theory]
    [InlineData("producer.example:7070", "producer.example", 7070)]
    [InlineData("'[::1]:65535'", "::1", 65535)]
    [InlineData("10.0.0.1:1", "10.0.0.1", 1)]
    public void A_listener_to_fetch_from_is_a_host_and_a_port(string written, string host, int port)
    {
        var connect = Load($"pipeline: p\nconnect: {written}\ntable: t\ncolumns: {{ a: text }}").Connect!;
        Assert.Equal(new HostAndPort(host, port), connect);
        Assert.Equal(written.Trim('\''), connect.ToString());
    }

    [Fact]
    public void Defaults_are_those_of_the_design()
    {
        var definition = Load("pipeline: p\ntable: t\ncolumns: { a.b: text }");
        Assert.Null(definition.ListenPort);
        Assert.Null(definition.Where);
        Assert.Equal(new TableName(null, "t"), definition.Table);
        Assert.Empty(definition.Key);
        Assert.Equal((OnDuplicate.Ignore, 1024 * 1024, Decompression.Auto), (definition.OnDuplicate, definition.MaxLineBytes, definition.Decompression));
        Assert.Equal(JsonPathStep.Member("a.b"), Assert.Single(definition.Columns[0].From.Steps));
    }

    [Theory]
    [InlineData("en", "\"en\"")]
    [InlineData("'7'", "\"7\"")]
    [InlineData("\"true\"", "\"true\"")]
    [InlineData("'null'", "\"null\"")]
    [InlineData("''", "\"\"")]
    [InlineData("yes", "\"yes\"")]
    [InlineData("2024-01-05", "\"2024-01-05\"")]
    [InlineData("True", "true")]
    [InlineData("FALSE", "false")]
    [InlineData("-7", "-7")]
    [InlineData("+7", "7")]
    [InlineData("-.5", "-0.5")]
    [InlineData("5.", "5")]
    [InlineData("1e3", "1e3")]
    public void Scalar_means_what_the_core_schema_says(string scalar, string json) =>
        Assert.Equal(json, Load($"pipeline: p\ntable: t\ncolumns: {{ a: {{ type: text, default: {scalar} }} }}").Columns[0].Default?.ToString());

    [Theory]
    [InlineData("{ from: user.lang, type: text }", "user.lang")]
    [InlineData("{ from: [\"id.orig_h\"], type: text }", "[\"id.orig_h\"]")]
    [InlineData("{ from: '[\"id.orig_h\"]', type: text }", "[\"id.orig_h\"]")]
    [InlineData("{ from: 'tags[0]', type: text }", "tags[0]")]
    [InlineData("\n    from: a[\"b.c\"][2].d\n    type: text", "a[\"b.c\"][2].d")]
    [InlineData("\n    from: [\"x.y\"]\n    type: text", "[\"x.y\"]")]
    public void From_is_a_path(string column, string path) =>
        Assert.Equal(path, Load($"pipeline: p\ntable: t\ncolumns:\n  c: {column}\n").Columns[0].From.ToString());

    [Fact]
    public void Byte_order_mark_in_memory_and_line_ends_do_not_matter()
    {
        var unix = Load("pipeline: p\ntable: t\ncolumns:\n  a: text\n");
        Assert.Equal(unix.Version, Load("\uFEFFpipeline: p\r\ntable: t\r\ncolumns:\r\n  a: text\r\n").Version);
    }

    private static PipelineDefinition Load(string yaml)
    {
        var loaded = DefinitionLoader.Parse("f.yaml", yaml);
        Assert.Empty(loaded.Errors);
        return loaded.Definition!;
    }
}
