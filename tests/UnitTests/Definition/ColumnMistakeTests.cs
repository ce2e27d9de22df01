using Ingest.Pipelines.Definition;
using Xunit;

namespace Ingest.UnitTests.Definition;

public class ColumnMistakeTests
{
    private const string Types = "text, smallint, integer, bigint, real, double precision, numeric, boolean, date, timestamptz, uuid, jsonb";
    private const string Quotes = " could be a number or a text; write a number as JSON does, such as 7 or 0.5, or put a text in quotes: ";
    private const string NullIf = "'null_if' must be one value or a list of values, such as [\"[removed]\", \"\"]";
    private const string Length = "'max_length' must be a whole number of characters from 1";

    /// <summary>The column is c, its value begins in column 6 of line 4.</summary>
    [Theory]
    [InlineData("", 3, "column 'c' needs a type, such as 'c: text'")]
    [InlineData("~", 3, "column 'c' needs a type, such as 'c: text'")]
    [InlineData("txet", 6, "unknown type 'txet'; did you mean 'text'?")]
    [InlineData("TEXT", 6, "unknown type 'TEXT'; did you mean 'text'?")]
    [InlineData("string", 6, "unknown type 'string'; did you mean 'text'?")]
    [InlineData("int", 6, "unknown type 'int'; did you mean 'integer'?")]
    [InlineData("varchar(10)", 6, "unknown type 'varchar(10)'; did you mean 'text'?")]
    [InlineData("timestamp", 6, "unknown type 'timestamp'; did you mean 'timestamptz'?")]
    [InlineData("xml", 6, "unknown type 'xml'; the types are " + Types)]
    [InlineData("[text]", 6, "column 'c' must be a type or a mapping, such as { type: text, required: true }")]
    [InlineData("{ from: a }", 6, "column 'c' needs a type, such as type: text")]
    [InlineData("{ type: }", 8, "'type' has no value; write one, or remove the key")]
    [InlineData("{ typ: text }", 8, "unknown key 'typ'; did you mean 'type'?")]
    [InlineData("{ type: [text] }", 14, "'type' must be one of " + Types)]
    [InlineData("{ type: text, nullable: true }", 20, "unknown key 'nullable'; the keys here are from, type, required, default, unit, null_if, max_length, clean")]
    [InlineData("{ type: text, from: a b }", 28, "expected the end of the path, but found 'b'")]
    [InlineData("{ type: text, from: 'x.[' }", 29, "expected a name after '.', but found '['")]
    [InlineData("{ type: text, from: '[''a'' b]' }", 34, "expected ']', but found 'b'")]
    [InlineData("{ type: text, from: \"a.\\\"b\" }", 29, "this string has no end; close it with \" on the same line")]
    [InlineData("{ type: text, from: '' }", 27, "expected a path such as user.lang or [\"id.orig_h\"], but found nothing")]
    [InlineData("{ type: text, from: [a, b] }", 26, "'from' must be a path, such as user.lang or '[\"id.orig_h\"]'")]
    [InlineData("{ type: text, from: a-b }", 27, "a name with other characters than letters, digits and '_' is written in brackets and quotes: [\"a-b\"]")]
    [InlineData("{ type: text, from: tags[0] }", 26, "a path with brackets must be quoted here: from: 'tags[0]'")]
    [InlineData("{ from: [\"a.b\"][0], type: text }", 14, "a path with brackets must be quoted here: from: '[\"a.b\"][0]'")]
    [InlineData("{ type: text, required: yes }", 30, "'required' must be true or false")]
    [InlineData("{ type: text, required: true, default: x }", 45, "a column with a default is never without a value; remove 'required' or 'default'")]
    [InlineData("{ type: text, default: }", 29, "a value without a default is null anyway; remove 'default', or write 'null' in quotes for the text")]
    [InlineData("{ type: text, default: null }", 29, "a value without a default is null anyway; remove 'default', or write 'null' in quotes for the text")]
    [InlineData("{ type: text, default: [x] }", 29, "'default' must be one plain value, such as en, 0 or true")]
    [InlineData("{ type: text, default: 007 }", 29, "007" + Quotes + "'007'")]
    [InlineData("{ type: real, default: .nan }", 29, ".nan" + Quotes + "'.nan'")]
    [InlineData("{ type: integer, default: 0x1F }", 32, "0x1F" + Quotes + "'0x1F'")]
    [InlineData("{ type: text, max_length: 2, default: abc }", 44, "this default has 3 characters, more than 'max_length: 2'; shorten it")]
    [InlineData("{ type: text, unit: seconds }", 26, "'unit' is for timestamptz and date, and this column is text; remove it, or change the type")]
    [InlineData("{ type: date, unit: second }", 26, "unknown value 'second' for 'unit'; did you mean 'seconds'?")]
    [InlineData("{ type: date, unit: days }", 26, "unknown value 'days' for 'unit'; write seconds or milliseconds or microseconds or nanoseconds")]
    [InlineData("{ type: text, null_if: [x, null] }", 33, "null is null already; remove it from 'null_if', or write 'null' in quotes for the text")]
    [InlineData("{ type: text, null_if: [[x]] }", 30, NullIf)]
    [InlineData("{ type: text, null_if: { x: y } }", 29, NullIf)]
    [InlineData("{ type: text, null_if: 0o7 }", 29, "0o7" + Quotes + "'0o7'")]
    [InlineData("{ type: integer, max_length: 1 }", 35, "'max_length' is for text, and this column is integer; remove it")]
    [InlineData("{ type: text, max_length: 0 }", 32, Length)]
    [InlineData("{ type: text, max_length: 1.5 }", 32, Length)]
    [InlineData("{ type: , default: x }", 8, "'type' has no value; write one, or remove the key")]
    [InlineData("{ type: text, clean: lower }", 27, "the cleaning function 'lower' is not supported yet; use trim")]
    [InlineData("{ type: text, clean: [trim, trimm] }", 34, "unknown cleaning function 'trimm'; did you mean 'trim'?")]
    [InlineData("{ type: text, clean: squeeze }", 27, "unknown cleaning function 'squeeze'; use trim")]
    [InlineData("{ type: text, clean: [trim, trim] }", 34, "'trim' is there twice; remove one")]
    [InlineData("{ type: integer, clean: trim }", 30, "'trim' works on text, and this column is integer; remove it")]
    [InlineData("{ type: text, clean: { trim: true } }", 27, "'clean' must be a cleaning function or a list of them, such as [trim]")]
    [InlineData("{ type: !x text }", 14, "tags ('!') are not supported; remove it, or quote a value that begins with '!'")]
    [InlineData("{ type: text, type: text }", 20, "the key 'type' stands on line 4 already; keep one of them")]
    public void Mistake_has_its_place_and_a_way_out(string value, int column, string message) =>
        AssertOnly($"pipeline: p\ntable: t\ncolumns:\n  c: {value}\n", column, message);

    [Theory]
    [InlineData("{ type: text, required: false }", 31, "a key column is always required; remove 'required: false', or the column from 'key'")]
    [InlineData("{ type: text, default: x }", 30, "a default in a key column would make all lines without a value duplicates of one; remove 'default', or the column from 'key'")]
    [InlineData("jsonb", 0, "column 'id' is jsonb, which cannot be a key; choose a column of another type")]
    [InlineData("{ type: jsonb }", 0, "column 'id' is jsonb, which cannot be a key; choose a column of another type")]
    public void Key_column_is_checked(string value, int column, string message)
    {
        var yaml = $"pipeline: p\ntable: t\ncolumns:\n  id: {value}\nkey: id\n";
        var error = Assert.Single(DefinitionLoader.Parse("f.yaml", yaml).Errors);
        Assert.Equal(column == 0 ? (5, 6) : (4, column), (error.Line, error.Column));
        Assert.Equal(message, error.Message);
    }

    [Theory]
    [InlineData("''", "a column's name must not be empty")]
    [InlineData("\"a\\0b\"", "a column's name must not contain U+0000")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "a column's name must have at most 63 bytes in UTF-8; shorten it")]
    [InlineData("xmin", "'xmin' is the name of a system column in PostgreSQL; give the column another name and say where it comes from with 'from'")]
    public void Name_is_checked(string name, string message) =>
        AssertOnly($"pipeline: p\ntable: t\ncolumns:\n  {name}: text\n", 3, message);

    [Fact]
    public void Default_is_tried_on_its_column()
    {
        const string Yaml = "pipeline: p\ntable: t\ncolumns:\n  c: { type: integer, default: x }\n";
        var asked = new List<string>();
        var loaded = DefinitionLoader.Parse("f.yaml", Yaml, column =>
        {
            asked.Add($"{column.Name} {column.Type} {column.Default}");
            return "\"x\" is not a number";
        });
        Assert.Equal(["c Integer \"x\""], asked);
        Assert.Equal("f.yaml:4:32: this default does not fit integer: \"x\" is not a number", Assert.Single(loaded.Errors).ToString());
    }

    private static void AssertOnly(string yaml, int column, string message) =>
        Assert.Equal(new DefinitionError("f.yaml", 4, column, message), Assert.Single(DefinitionLoader.Parse("f.yaml", yaml).Errors));
}
