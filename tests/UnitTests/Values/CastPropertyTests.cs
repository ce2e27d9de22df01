using System.Globalization;
using System.Text;
using System.Text.Json;
using CsCheck;
using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Ingest.Pipelines.Values;
using Xunit;

namespace Ingest.UnitTests.Values;

public class CastPropertyTests
{
    private static readonly Gen<char> Character = Gen.OneOf(
        Gen.Char[' ', '~'], Gen.OneOf('\0', '"', '\\', '/', '\b', '\f', '\n', '\r', '\t', '\u001f', '\u007f', 'é', '\u2028', '\uffff'), Gen.Char);

    private static readonly Gen<string> WellFormedText = Gen.String[Character, 0, 40]
        .Select(text => new string([.. text.EnumerateRunes().Where(rune => rune.Value is not (0 or 0xFFFD)).SelectMany(rune => rune.ToString())]));

    private static readonly Gen<string> Number = Gen.Select(
        Gen.OneOf("", "-"), Gen.ULong, Gen.OneOf(Gen.Const(""), Gen.String[Gen.Char['0', '9'], 1, 30].Select(f => "." + f)),
        Gen.OneOf(Gen.Const(""), Gen.Int[-60, 60].Select(e => $"e{e}"), Gen.Int[0, 60].Select(e => $"E+{e}")),
        (sign, whole, fraction, exponent) => $"{sign}{whole}{fraction}{exponent}");

    private static readonly Gen<string> Json = Gen.Recursive<string>((depth, inner) => depth >= 4
        ? Gen.OneOf(Number, WellFormedText.Select(Quote))
        : Gen.OneOf(
            Number,
            WellFormedText.Select(Quote),
            Gen.OneOf("true", "false", "null", "[]", "{}", "[ ]", "{ }"),
            inner.Array[0, 5].Select(items => $"[ {string.Join(" ,", items)}]"),
            Gen.Select(Gen.OneOf(WellFormedText, Gen.OneOf("a", "b", "aa", "é")), inner).Array[0, 6]
                .Select(members => $"{{{string.Join(", ", members.Select(member => $"{Quote(member.Item1)} : {member.Item2}"))} }}")));

    [Fact]
    public void Integers_come_back()
    {
        Gen.Long.Sample(value => Cast.To(ColumnType.BigInt, $"{value}").Stored == $"{value}");
        Gen.Int.Sample(value => Cast.To(ColumnType.Integer, $"\" {value}\\n\"").Stored == $"{value}");
        Gen.Int[short.MinValue * 2, short.MaxValue * 2].Sample(value =>
            Cast.To(ColumnType.SmallInt, $"{value}").Stored == (value is < short.MinValue or > short.MaxValue ? null : $"{value}"));
    }

    [Fact]
    public void Floats_come_back_bit_by_bit()
    {
        Gen.Double.Where(value => double.IsFinite(value) && value != 0).Sample(value =>
            double.Parse(Cast.To(ColumnType.DoublePrecision, $"{value:R}").Stored!, CultureInfo.InvariantCulture).Equals(value));
        Gen.Float.Where(value => float.IsFinite(value) && value != 0).Sample(value =>
            float.Parse(Cast.To(ColumnType.Real, $"\"{value:R}\"").Stored!, CultureInfo.InvariantCulture).Equals(value));
    }

    [Fact]
    public void Decimals_come_back_with_their_trailing_zeros() =>
        Gen.Decimal.Sample(value =>
        {
            var text = value.ToString(CultureInfo.InvariantCulture);
            if (value == 0)
                text = text.TrimStart('-');
            Assert.Equal(text, Cast.To(ColumnType.Numeric, text).Stored);
            Assert.Equal(text, Cast.To(ColumnType.Text, text).Stored);
        });

    [Fact]
    public void Numeric_and_its_text_agree() =>
        Number.Sample(number => Assert.Equal(Cast.To(ColumnType.Text, number), Cast.To(ColumnType.Numeric, number)));

    [Fact]
    public void Timestamps_agree_with_DateTimeOffset() =>
        Gen.Select(Gen.DateTime, Gen.Int[-14 * 60, 14 * 60]).Where(time => time.Item1.Year is > 1 and < 9999).Sample((time, minutes) =>
        {
            var written = new DateTimeOffset(new DateTime(time.Ticks / 10 * 10), TimeSpan.FromMinutes(minutes));
            var utc = written.UtcDateTime;
            var stored = utc.ToString(utc.Ticks % TimeSpan.TicksPerSecond == 0 ? "yyyy-MM-dd HH:mm:ss" : "yyyy-MM-dd HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture) + "+00";
            var text = written.ToString("yyyy-MM-ddTHH:mm:ss.ffffffzzz", CultureInfo.InvariantCulture);
            Assert.Equal(stored, Cast.To(ColumnType.TimestampTz, $"\"{text}\"").Stored);
            Assert.Equal(text[..10], Cast.To(ColumnType.Date, $"\"{text}\"").Stored);
            var micros = (utc - DateTime.UnixEpoch).Ticks / 10;
            Assert.Equal(stored, Cast.To(ColumnType.TimestampTz, $"{micros}", TimeUnit.Microseconds).Stored);
            Assert.Equal(stored, Cast.To(ColumnType.TimestampTz, $"\"{micros}e-6\"", TimeUnit.Seconds).Stored);
            Assert.Equal(stored[..10], Cast.To(ColumnType.Date, $"{micros}000", TimeUnit.Nanoseconds).Stored);
        });

    [Fact]
    public void Uuids_come_back() =>
        Gen.Guid.Sample(uuid => Cast.To(ColumnType.Uuid, $"\"{uuid:B}\"").Stored == $"{uuid}" && Cast.To(ColumnType.Uuid, $"\"{uuid:N}\"").Stored == $"{uuid}");

    [Fact]
    public void Strings_are_unescaped_as_by_SystemTextJson() =>
        WellFormedText.Select(Quote).Sample(json =>
        {
            var cast = Cast.To(ColumnType.Text, json);
            Assert.Equal(JsonSerializer.Deserialize<string>(json), cast.Stored);
            Assert.Equal(0, cast.Repaired);
            var (raw, text) = (Encoding.UTF8.GetBytes(json)[1..^1], Encoding.UTF8.GetBytes(cast.Stored!));
            Assert.True(JsonText.Equals(raw, escaped: raw.Contains((byte)'\\'), text));
            Assert.False(JsonText.Equals(raw, escaped: true, [.. text, (byte)'x']));
            Assert.Equal(cast.Stored!.EnumerateRunes().Count(), JsonText.CountCodePoints(text));
            Assert.Equal(cast.Stored!.Trim(), Encoding.UTF8.GetString(JsonText.Trim(text)));
        });

    [Fact]
    public void Text_form_means_the_same_and_is_its_own_text_form() =>
        Json.Select(json => $"[{json}]").Sample(json =>
        {
            var text = Cast.To(ColumnType.Text, json).Stored!;
            Assert.Equal(text, Cast.To(ColumnType.Text, text).Stored);
            using var before = JsonDocument.Parse(json);
            using var after = JsonDocument.Parse(text);
            Assert.Equal(Canonical(before.RootElement), Canonical(after.RootElement));
            Assert.Equal(json, Cast.To(ColumnType.Jsonb, json).Stored);
        });

    private static string Canonical(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "{" + string.Join(",", value.EnumerateObject().GroupBy(member => member.Name)
            .OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => $"{group.Key}:{Canonical(group.Last().Value)}")) + "}",
        JsonValueKind.Array => "[" + string.Join(",", value.EnumerateArray().Select(Canonical)) + "]",
        JsonValueKind.Number => Cast.To(ColumnType.Numeric, value.GetRawText()).Stored!,
        _ => value.ToString(),
    };

    // Every third character is escaped by its code, whether it needs to be or not.
    private static string Quote(string text)
    {
        var json = new StringBuilder("\"");
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsSurrogate(c))
            {
                json.Append(i % 2 == 0 ? $"\\u{(int)c:X4}\\u{(int)text[i + 1]:x4}" : text.Substring(i, 2));
                i++;
            }
            else if (c < ' ' || i % 3 == 0)
            {
                json.Append(c switch { '\n' => "\\n", '\b' => "\\b", '\f' => "\\f", '\r' => "\\r", '\t' => "\\t", '/' => "\\/", _ => $"\\u{(int)c:x4}" });
            }
            else
            {
                json.Append(c is '"' or '\\' ? $"\\{c}" : $"{c}");
            }
        }

        return json.Append('"').ToString();
    }
}
