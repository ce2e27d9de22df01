using Ingest.Pipelines.Definition;
using Xunit;

namespace Ingest.UnitTests.Definition;

public class DefinitionMistakeTests
{
    // Three lines, so that what a case appends stands on line 4.
    private const string Good = "pipeline: p\ntable: t\ncolumns: { a: text, j: jsonb }\n";
    private const string Keys = "the keys here are pipeline, listen, connect, where, table, key, on_duplicate, columns, max_line_bytes, acknowledge, push_down, decompress";
    private const string BadName = "'pipeline' must be a name of lower-case letters, digits, '-' and '_' that begins with a letter and has at most 63 characters";
    private const string BadPort =
        "'listen' must be a port from 1 to 65535, such as 7070, or the path of a Unix socket, such as /run/ingest/comments.sock or ./comments.sock";
    private const string BadConnect = "'connect' must be a host and a port, such as producer.example:7070 or [::1]:7070";
    private const string LongPath = "/run/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789/x.sock";
    private const string NotBytes = "'max_line_bytes' must be a whole number of bytes from 1 to 8388608";
    private const string Hints = "; check the indentation, quotes and brackets here";
    private const string Unclosed = "invalid YAML: this bracket is not closed; close it, or quote a value that contains one of [ ] { } ,";

    [Theory]
    [InlineData("")]
    [InlineData("listen: 7070")]
    [InlineData("where: a == 'x'   # kept")]
    [InlineData("listen: /run/ingest/p.sock")]
    [InlineData("listen: './p.sock'")]
    [InlineData("connect: producer.example:7070")]
    [InlineData("connect: '[::1]:7070'")]
    [InlineData("connect: 127.0.0.1:1\nlisten: 7070")]
    [InlineData("key: a")]
    [InlineData("key: [a]\non_duplicate: update")]
    [InlineData("key: []\non_duplicate: ignore")]
    [InlineData("max_line_bytes: 8388608")]
    [InlineData("acknowledge: queued")]
    [InlineData("acknowledge: committed")]
    [InlineData("acknowledge: none")]
    [InlineData("push_down: off")]
    [InlineData("push_down: 'off'")]
    [InlineData("push_down: auto")]
    [InlineData("decompress: none")]
    [InlineData("decompress: \"none\"")]
    [InlineData("decompress: xz")]
    public void Good_definition_loads(string line) => Assert.Empty(DefinitionLoader.Parse("f.yaml", Good + line).Errors);

    [Theory]
    [InlineData("colums: {}", 1, "unknown key 'colums'; did you mean 'columns'?")]
    [InlineData("Where: a", 1, "unknown key 'Where'; did you mean 'where'?")]
    [InlineData("xyz: 1", 1, "unknown key 'xyz'; " + Keys)]
    [InlineData("<<: { a: 1 }", 1, "unknown key '<<'; " + Keys)]
    [InlineData("table: u", 1, "the key 'table' stands on line 2 already; keep one of them")]
    [InlineData("'table': u", 1, "the key 'table' stands on line 2 already; keep one of them")]
    [InlineData("? [a]\n: b", 3, "a key is one word; write 'key: value'")]
    [InlineData("listen:", 1, "'listen' has no value; write one, or remove the key")]
    [InlineData("where: ~", 1, "'where' has no value; write one, or remove the key")]
    [InlineData("listen: 0", 9, BadPort)]
    [InlineData("listen: 65536", 9, BadPort)]
    [InlineData("listen: 99999999999999999999", 9, BadPort)]
    [InlineData("listen: -1", 9, BadPort)]
    [InlineData("listen: localhost", 9, BadPort)]
    [InlineData("listen: [7070]", 9, BadPort)]
    [InlineData("listen: run/x.sock", 9, BadPort)]
    [InlineData("listen: ../x.sock", 9, BadPort)]
    [InlineData("listen: /", 9, BadPort)]
    [InlineData("listen: ./", 9, BadPort)]
    [InlineData("listen: /run/", 9, BadPort)]
    [InlineData("listen: \"/run/x\\0\"", 9, BadPort)]
    [InlineData("listen: 0.0.0.0:7070", 9, BadPort)]
    [InlineData("listen: " + LongPath, 9, "the path " + LongPath + " has 112 bytes, and a Unix socket's has at most 107; choose a shorter one")]
    [InlineData("connect: producer.example", 10, BadConnect)]
    [InlineData("connect: 7070", 10, BadConnect)]
    [InlineData("connect: :7070", 10, BadConnect)]
    [InlineData("connect: a:0", 10, BadConnect)]
    [InlineData("connect: a:65536", 10, BadConnect)]
    [InlineData("connect: a:+1", 10, BadConnect)]
    [InlineData("connect: ::1:7070", 10, BadConnect)]
    [InlineData("connect: '[a]:7070'", 10, BadConnect)]
    [InlineData("connect: a b:7070", 10, BadConnect)]
    [InlineData("connect: [a]", 10, BadConnect)]
    [InlineData("key: A", 6, "'A' is not a column; did you mean 'a'?")]
    [InlineData("key: id", 6, "'id' is not a column; add it to 'columns', or remove it from 'key'")]
    [InlineData("key: [a, a]", 10, "'a' is in 'key' twice; remove one")]
    [InlineData("key: [a, j]", 10, "column 'j' is jsonb, which cannot be a key; choose a column of another type")]
    [InlineData("key: { a: 1 }", 6, "'key' must be a column or a list of columns")]
    [InlineData("key: [[a]]", 7, "'key' must be a column or a list of columns")]
    [InlineData("on_duplicate: update", 15, "'on_duplicate: update' needs a 'key' that tells which rows are the same; add one")]
    [InlineData("on_duplicate: ignored", 15, "unknown value 'ignored' for 'on_duplicate'; did you mean 'ignore'?")]
    [InlineData("on_duplicate: fail", 15, "unknown value 'fail' for 'on_duplicate'; write ignore or update")]
    [InlineData("max_line_bytes: 0", 17, NotBytes)]
    [InlineData("max_line_bytes: 8388609", 17, NotBytes)]
    [InlineData("max_line_bytes: 1 MiB", 17, NotBytes)]
    [InlineData("acknowledge: comitted", 14, "unknown value 'comitted' for 'acknowledge'; did you mean 'committed'?")]
    [InlineData("push_down: on", 12, "unknown value 'on' for 'push_down'; write auto or off")]
    [InlineData("decompress: zip", 13, "unknown value 'zip' for 'decompress'; did you mean 'gzip'?")]
    [InlineData("decompress: { a: b }", 13, "'decompress' must be auto or none or gzip or zstd or xz or bzip2 or lz4")]
    [InlineData("key: &a a", 6, "anchors ('&') are not supported; remove it, or quote a value that begins with '&'")]
    [InlineData("key: *a", 6, "aliases ('*') are not supported; write the value out, or quote it")]
    [InlineData("key: !!str a", 6, "tags ('!') are not supported; remove it, or quote a value that begins with '!'")]
    [InlineData("---\npipeline: q", 1, "a file holds one definition; move what follows '---' into a file of its own")]
    [InlineData("\tlisten: 1", 1, "YAML does not allow tabs in the indentation; use spaces")]
    [InlineData("key: [a", 6, Unclosed)]
    [InlineData("key: a: b", 7, "invalid YAML: while scanning a plain scalar value, found invalid mapping" + Hints)]
    [InlineData("key: \"a", 6, "invalid YAML: while scanning a quoted scalar, found unexpected end of stream" + Hints)]
    [InlineData("where: 'a", 8, "invalid YAML: while scanning a quoted scalar, found unexpected end of stream" + Hints)]
    [InlineData("key: a\0b", 7, "this character is U+0000, which no text contains; remove it")]
    [InlineData("key: [[[[[[[[[[[[[[[[[[[[", 21, "this is nested deeper than 16, which no definition needs; check the brackets")]
    public void Mistake_on_line_4_has_its_place_and_a_way_out(string line, int column, string message) =>
        AssertOnly(Good + line, 4, column, message);

    [Theory]
    [InlineData("", 1, 1, "this file is empty; a definition begins with 'pipeline: name'")]
    [InlineData("# nothing\n---\n", 1, 1, "this file is empty; a definition begins with 'pipeline: name'")]
    [InlineData("\n- a\n", 2, 1, "a definition is a mapping of keys to values, such as 'pipeline: comments'")]
    [InlineData("comments\n", 1, 1, "a definition is a mapping of keys to values, such as 'pipeline: comments'")]
    [InlineData("table: t\ncolumns: { a: text }\n", 1, 1, "'pipeline' is missing; every definition needs pipeline, table and columns")]
    [InlineData("# x\n\npipeline: p\ncolumns: { a: text }\n", 3, 1, "'table' is missing; every definition needs pipeline, table and columns")]
    [InlineData("pipeline: p\ntable: t\n", 1, 1, "'columns' is missing; every definition needs pipeline, table and columns")]
    [InlineData("pipeline: p\ntable: t\ncolumns: {}\n", 3, 10, "'columns' must have 1 to 1000 entries, and has 0")]
    [InlineData("pipeline: p\ntable: t\ncolumns: [a]\n", 3, 10, "'columns' must be a mapping of names to types, such as 'author: text'")]
    [InlineData("pipeline: P\ntable: t\ncolumns: { a: text }\n", 1, 11, BadName)]
    [InlineData("pipeline: 7\ntable: t\ncolumns: { a: text }\n", 1, 11, BadName)]
    [InlineData("pipeline: a.b\ntable: t\ncolumns: { a: text }\n", 1, 11, BadName)]
    [InlineData("pipeline: [p]\ntable: t\ncolumns: { a: text }\n", 1, 11, "'pipeline' must be a name, such as comments")]
    [InlineData("pipeline: p\ntable: a.b.c\ncolumns: { a: text }\n", 2, 8, "'table' must be a table's name, or a schema's and a table's with one dot between, such as social.comments")]
    [InlineData("pipeline: p\ntable: a.\ncolumns: { a: text }\n", 2, 8, "the name of a table or schema must not be empty")]
    [InlineData("pipeline: p\ntable: \"a\\0\"\ncolumns: { a: text }\n", 2, 8, "the name of a table or schema must not contain U+0000")]
    [InlineData("pipeline: p\ntable: ingest_rejects\ncolumns: { a: text }\n", 2, 8, "'ingest_rejects' is the name of one of Ingest's own tables; choose another")]
    [InlineData("pipeline: p\ntable: s.Ingest_Batches\ncolumns: { a: text }\n", 2, 8, "'Ingest_Batches' is the name of one of Ingest's own tables; choose another")]
    [InlineData("pipeline: p\ntable: t\ncolumns: { a: text\n", 3, 10, Unclosed)]
    [InlineData("pipeline: p\ntable: t\ncolumns: { a: text\nkey: a\n", 3, 10, Unclosed)]
    public void Mistake_has_its_place_and_a_way_out(string yaml, int line, int column, string message) =>
        AssertOnly(yaml, line, column, message);

    [Fact]
    public void Names_are_measured_in_bytes()
    {
        static string With(string table) => $"pipeline: p\ntable: {table}\ncolumns: {{ a: text }}\n";
        Assert.Empty(DefinitionLoader.Parse("f.yaml", With(new string('t', 63))).Errors);
        AssertOnly(With(new string('é', 32)), 2, 8, "the name of a table or schema must have at most 63 bytes in UTF-8; shorten it");
    }

    [Fact]
    public void Columns_are_bounded()
    {
        var columns = string.Concat(Enumerable.Range(0, 1001).Select(i => $"  c{i}: text\n"));
        AssertOnly("pipeline: p\ntable: t\ncolumns:\n" + columns, 4, 3, "'columns' must have 1 to 1000 entries, and has 1001");
    }

    [Fact]
    public void All_mistakes_are_found_in_the_order_of_the_file()
    {
        const string Yaml = """
            pipeline: My pipeline
            listen: 70700
            where: score > 5 and a
            table: ingest_batches
            columns:
              a: txt
              b: { type: text, clean: [lower], requird: true }
            key: [c]
            """;
        var errors = DefinitionLoader.Parse("f.yaml", Yaml).Errors;
        Assert.Equal(
            ["1:11", "2:9", "3:18", "4:8", "6:6", "7:28", "7:36", "8:7"],
            errors.Select(e => $"{e.Line}:{e.Column}"));
    }

    [Fact]
    public void Error_reads_like_a_compilers() =>
        Assert.Equal("dir/f.yaml:4:1: what", new DefinitionError("dir/f.yaml", 4, 1, "what").ToString());

    private static void AssertOnly(string yaml, int line, int column, string message)
    {
        var loaded = DefinitionLoader.Parse("f.yaml", yaml);
        Assert.Null(loaded.Definition);
        Assert.Equal(new DefinitionError("f.yaml", line, column, message), Assert.Single(loaded.Errors));
    }
}
