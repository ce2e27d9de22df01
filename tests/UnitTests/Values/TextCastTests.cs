using System.Text;
using Ingest.Messaging;
using Ingest.Pipelines.Values;
using Xunit;

namespace Ingest.UnitTests.Values;

public class TextCastTests
{
    [Theory]
    [InlineData("\"\"", "", 0)]
    [InlineData("\"é😀\"", "é😀", 0)]
    [InlineData("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001\\u00e9\\uD83D\\uDE00\"", "\"\\/\b\f\n\r\t\u0001é😀", 0)]
    [InlineData("\"a\\u0000b\"", "a\uFFFDb", 1)]
    [InlineData("\"\\ud83d\"", "\uFFFD", 1)]
    [InlineData("\"\\ud83dx\\ude00\"", "\uFFFDx\uFFFD", 2)]
    [InlineData("\"\\ud83d\\ud83d\\ude00\"", "\uFFFD😀", 1)]
    [InlineData("\"\\ud83d\\n\"", "\uFFFD\n", 1)]
    [InlineData("\"\\ufffd\"", "\uFFFD", 0)]
    [InlineData("true", "true", 0)]
    [InlineData("false", "false", 0)]
    [InlineData("{ }", "{}", 0)]
    [InlineData("[ 1 , \"x\" ,null,true,[ ],{}]", "[1, \"x\", null, true, [], {}]", 0)]
    [InlineData("{\"b\":[1.50,1e2],\"aa\":false,\"\":null,\"b\":{}}", "{\"\": null, \"b\": {}, \"aa\": false}", 0)]
    [InlineData("{\"é\":1,\"zz\":2,\"a\":3}", "{\"a\": 3, \"zz\": 2, \"é\": 1}", 0)]
    [InlineData("{\"\\u0061\":1,\"a\":2,\"\\u0061\":3}", "{\"a\": 3}", 0)]
    [InlineData("{\"b\":{\"d\":1,\"c\":2},\"a\":[{\"f\":1,\"e\":2}]}", "{\"a\": [{\"e\": 2, \"f\": 1}], \"b\": {\"c\": 2, \"d\": 1}}", 0)]
    [InlineData("[\"\\u0001\\u001F\\u007f\\u0022\\u005c\\/\\b\"]", "[\"\\u0001\\u001f\u007f\\\"\\\\/\\b\"]", 0)]
    [InlineData("{\"\\u0000\":\"\\udc00\"}", "{\"\uFFFD\": \"\uFFFD\"}", 2)]
    public void Text_column_holds_the_text_of(string json, string stored, int repaired) =>
        Assert.Equal(new Cast(stored, null, repaired), Cast.To(ColumnType.Text, json));

    [Theory]
    [InlineData("{ \"b\":1, \"a\":1e3 }", "{ \"b\":1, \"a\":1e3 }", 0)]
    [InlineData("\" \\u00e9\\\"\"", "\" \\u00e9\\\"\"", 0)]
    [InlineData("\"\\u0000\\\\u0000\"", "\"\\ufffd\\\\u0000\"", 1)]
    [InlineData("{\"\\uDC00a\":[\"\\ud83d\\ude00\\ud83d\",\"\\u0000\"]}", "{\"\\ufffda\":[\"\\ud83d\\ude00\\ufffd\",\"\\ufffd\"]}", 3)]
    [InlineData("true", "true", 0)]
    [InlineData("1.0", "1.0", 0)]
    public void Jsonb_column_holds_the_text_as_it_came(string json, string stored, int repaired) =>
        Assert.Equal(new Cast(stored, null, repaired), Cast.To(ColumnType.Jsonb, json));

    [Fact]
    public void Text_of_an_object_is_bounded()
    {
        var json = $"[{string.Join(',', Enumerable.Repeat("1e131071", 100_000))}]";
        Assert.Equal("its text is longer than 16777216 bytes", Cast.To(ColumnType.Text, json).Detail);
        Assert.Equal(json, Cast.To(ColumnType.Jsonb, json).Stored);
    }

    [Fact]
    public void Deep_objects_out_of_order_are_sorted_on_every_level()
    {
        var json = Enumerable.Range(0, 64).Aggregate("1", (inner, i) => $"{{\"b\":{inner},\"a\":{i}}}");
        var text = Enumerable.Range(0, 64).Aggregate("1", (inner, i) => $"{{\"a\": {i}, \"b\": {inner}}}");
        Assert.Equal(text, Cast.To(ColumnType.Text, json).Stored);
    }

    [Fact]
    public void Many_members_are_sorted_and_the_last_of_equal_ones_is_kept()
    {
        var members = Enumerable.Range(0, 5000).Select(i => (Key: $"k{i * 7919 % 1000:0000}", Value: i)).ToList();
        var json = $"{{{string.Join(',', members.Select(member => $"\"{member.Key}\":{member.Value}"))}}}";
        var text = string.Join(", ", members.GroupBy(member => member.Key).OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => $"\"{group.Key}\": {group.Last().Value}"));
        Assert.Equal($"{{{text}}}", Cast.To(ColumnType.Text, json).Stored);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData(" \t x y\u00A0\u2003\u3000", "x y")]
    [InlineData("\u0085\u2028", "")]
    [InlineData("\u200Bx\u180E", "\u200Bx\u180E")]
    public void Trim_takes_Unicode_white_space(string text, string trimmed) =>
        Assert.Equal(trimmed, Encoding.UTF8.GetString(JsonText.Trim(Encoding.UTF8.GetBytes(text))));

    [Theory]
    [InlineData("abc", "abc", true)]
    [InlineData("abc", "ab", false)]
    [InlineData("\\u0061bc", "abc", true)]
    [InlineData("ab\\n", "ab\n", true)]
    [InlineData("ab\\n", "ab", false)]
    [InlineData("\\ud83d\\ude00!", "😀!", true)]
    [InlineData("\\ud83d\\ude00!", "😀", false)]
    [InlineData("\\u0000", "\uFFFD", true)]
    [InlineData("", "", true)]
    public void Raw_strings_compare_by_what_they_mean(string raw, string text, bool equal) =>
        Assert.Equal(equal, JsonText.Equals(Encoding.UTF8.GetBytes(raw), raw.Contains('\\'), Encoding.UTF8.GetBytes(text)));
}
