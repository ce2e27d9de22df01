using System.Diagnostics;
using System.Text.RegularExpressions;
using CsCheck;
using Ingest.Cli.Load;

namespace Ingest.UnitTests.Load;

public class NamePatternTests
{
    [Theory]
    [InlineData("*", "a.xz")]
    [InlineData("*.xz", "RC_2018-10.xz")]
    [InlineData("RC_*-1?.xz", "RC_2018-10.xz")]
    [InlineData("RC_201[7-9]*", "RC_2018-10.xz")]
    [InlineData("[!a-c]x", "dx")]
    [InlineData("[^a-c]x", "dx")]
    [InlineData("[]]x", "]x")]
    [InlineData("[!]]x", "ax")]
    [InlineData("[a-]x", "-x")]
    [InlineData("a[*]", "a*")]
    [InlineData("a[", "a[")]
    [InlineData("a[b", "a[b")]
    [InlineData("?", "é")]
    [InlineData("?", "😀")]
    [InlineData(".*", ".hidden")]
    [InlineData("*a*b*", "xxaxxbxx")]
    [InlineData("a**b", "ab")]
    public void A_name_matches_as_in_a_shell(string pattern, string name) => Assert.True(new NamePattern(pattern).Matches(name));

    [Theory]
    [InlineData("*.xz", "a.xz.part")]
    [InlineData("*", ".hidden")]
    [InlineData("?hidden", ".hidden")]
    [InlineData("[.]hidden", ".hidden")]
    [InlineData("?", "")]
    [InlineData("?", "ab")]
    [InlineData("[a-c]x", "dx")]
    [InlineData("[!a-c]x", "ax")]
    [InlineData("[]]x", "[]]x")]
    [InlineData("a*b", "abc")]
    [InlineData("A*", "abc")]
    public void A_name_that_a_shell_would_leave_out_does_not_match(string pattern, string name) => Assert.False(new NamePattern(pattern).Matches(name));

    [Fact]
    public void Stars_and_question_marks_mean_what_they_mean_as_a_regular_expression() =>
        Gen.Select(Gen.Char["ab*?"].Array[0, 8], Gen.Char["ab"].Array[0, 12]).Sample((pattern, name) =>
        {
            var (text, candidate) = (new string(pattern), new string(name));
            var expected = Regex.IsMatch(candidate, $"^{text.Replace("*", ".*", StringComparison.Ordinal).Replace('?', '.')}\\z".Replace(".*.*", ".*", StringComparison.Ordinal));
            Assert.Equal(expected, new NamePattern(text).Matches(candidate));
        }, iter: 20_000);

    [Fact]
    public void Many_stars_take_no_longer_than_both_lengths_multiplied()
    {
        var start = Stopwatch.GetTimestamp();
        Assert.False(new NamePattern(string.Concat(Enumerable.Repeat("a*", 100)) + "b").Matches(new string('a', 20_000)));
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(10));
    }
}
