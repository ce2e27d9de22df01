using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Ingest.TestSupport;

/// <summary>
/// Comments like those in the public archives of Reddit, one JSON object of about a kilobyte a line. Line
/// <c>n</c> depends on the seed and on <c>n</c> alone, so that any number of lines can be made, read again and counted.
/// </summary>
/// <param name="lines">How many.</param>
/// <param name="seed">Another seed, other comments.</param>
/// <param name="flawed">Whether every 500th line has one of the flaws of <see cref="Flaw"/>, in turn.</param>
public sealed class CommentsGenerator(int lines, int seed = 1, bool flawed = false)
{
    private const int LinesPerFlaw = 500;
    private const long FirstCommentAt = 1_538_352_000;

    // Archives of different years escape what is not ASCII or leave it as it is.
    private static readonly JsonWriterOptions[] Styles =
    [
        new() { Encoder = JavaScriptEncoder.Default },
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping },
    ];

    public int Lines => lines;

    /// <summary>
    /// How many lines are whole and pass <c>subreddit in ["elixir", "erlang"] &amp;&amp; author != "[deleted]"</c>.
    /// </summary>
    public int Passing => Enumerable.Range(0, lines).Count(line => FlawOf(line) is Flaw.None && new Facts(seed, line).Passes);

    /// <summary>How many lines have a flaw. Each would pass the same condition without it, so each is a reject.</summary>
    public int Flawed => Enumerable.Range(0, lines).Count(line => FlawOf(line) is not Flaw.None);

    public Flaw FlawOf(int line) =>
        flawed && line % LinesPerFlaw == LinesPerFlaw / 2 ? (Flaw)(1 + line / LinesPerFlaw % 5) : Flaw.None;

    /// <summary>All lines, each with its line feed, made as they are read.</summary>
    public Stream OpenRead() => new CommentsStream(this);

    /// <summary>Writes one line and its line feed.</summary>
    public void Write(int line, IBufferWriter<byte> output)
    {
        switch (FlawOf(line))
        {
            case Flaw.Truncated:
                output.Write(Whole(line)[..200]);
                break;
            case Flaw.NotAnObject:
                output.Write("[\"comments\",\"are\",\"objects\"]"u8);
                break;
            case Flaw.InvalidUtf8:
                // The quote closes the id, which comes last.
                var whole = Whole(line);
                output.Write(whole[..^2]);
                output.Write<byte>([0xE9, 0xFF, (byte)'"', (byte)'}']);
                break;
            case Flaw.None or Flaw.MissingId or Flaw.InvalidTime:
                WriteObject(line, output);
                break;
        }
        output.Write("\n"u8);
    }

    private ReadOnlySpan<byte> Whole(int line)
    {
        var buffer = new ArrayBufferWriter<byte>(2048);
        WriteObject(line, buffer);
        return buffer.WrittenSpan;
    }

    private void WriteObject(int line, IBufferWriter<byte> output)
    {
        var flaw = FlawOf(line);
        var random = new SplitMix(seed, line);
        var facts = new Facts(ref random);
        if (flaw is not Flaw.None)
            facts = Facts.Passing;

        var at = FirstCommentAt + line / 40;
        var link = random.Base36(6);
        var edited = random.Below(20) == 0;
        using var json = new Utf8JsonWriter(output, Styles[random.Below(Styles.Length)]);
        json.WriteStartObject();
        json.WriteBoolean("archived", false);
        json.WriteString("author", facts.Author);
        if (facts.IsDeleted)
            json.WriteNull("author_created_utc");
        else
            json.WriteNumber("author_created_utc", at - random.Below(200_000_000));
        json.WriteNull("author_flair_css_class");
        json.WriteStartArray("author_flair_richtext");
        json.WriteEndArray();
        json.WriteNull("author_flair_template_id");
        json.WriteNull("author_flair_text");
        json.WriteString("author_flair_type", "text");
        if (!facts.IsDeleted)
            json.WriteString("author_fullname", "t2_" + random.Base36(6));
        json.WriteBoolean("author_patreon_flair", false);
        json.WriteString("body", facts.IsDeleted ? "[removed]" : CommentText.Body(facts.Subreddit, ref random));
        json.WriteBoolean("can_gild", true);
        json.WriteBoolean("can_mod_post", false);
        json.WriteBoolean("collapsed", false);
        json.WriteNull("collapsed_reason");
        json.WriteNumber("controversiality", random.Below(30) == 0 ? 1 : 0);
        if (flaw is Flaw.InvalidTime)
            json.WriteString("created_utc", "yesterday evening");
        else
            json.WriteNumber("created_utc", at);
        json.WriteNull("distinguished");
        if (edited)
            json.WriteNumber("edited", at + random.Below(100_000));
        else
            json.WriteBoolean("edited", false);
        json.WriteNumber("gilded", 0);
        json.WriteStartObject("gildings");
        json.WriteNumber("gid_1", 0);
        json.WriteNumber("gid_2", random.Below(200) == 0 ? 1 : 0);
        json.WriteNumber("gid_3", 0);
        json.WriteEndObject();
        json.WriteBoolean("is_submitter", random.Below(10) == 0);
        json.WriteString("link_id", "t3_" + link);
        json.WriteBoolean("no_follow", random.Below(2) == 0);
        json.WriteString("parent_id", random.Below(2) == 0 ? "t3_" + link : "t1_" + random.Base36(7));
        json.WriteString("permalink", $"/r/{facts.Subreddit}/comments/{link}/_/{Id(line)}/");
        json.WriteNull("removal_reason");
        json.WriteNumber("retrieved_on", at + 2_592_000 + random.Below(86_400));
        json.WriteNumber("score", random.Score());
        json.WriteBoolean("send_replies", true);
        json.WriteBoolean("stickied", false);
        json.WriteString("subreddit", facts.Subreddit);
        json.WriteString("subreddit_id", "t5_" + SubredditId(facts.Subreddit));
        json.WriteString("subreddit_name_prefixed", "r/" + facts.Subreddit);
        json.WriteString("subreddit_type", "public");
        if (flaw is not Flaw.MissingId)
            json.WriteString("id", Id(line));
        json.WriteEndObject();
    }

    /// <summary>Seven letters and digits, as comments had at that time; unique and increasing.</summary>
    private static string Id(int line) => SplitMix.ToBase36(30_800_000_000 + line, 7);

    private static string SubredditId(string name) =>
        new SplitMix(0, name.Aggregate(0, (hash, letter) => hash * 31 + letter)).Base36(5);

    private readonly struct Facts
    {
        public Facts(int seed, int line)
        {
            var random = new SplitMix(seed, line);
            this = new Facts(ref random);
        }

        public Facts(ref SplitMix random)
        {
            Subreddit = CommentText.Subreddit(ref random);
            Author = CommentText.Author(ref random);
        }

        public static Facts Passing => new() { Subreddit = "elixir", Author = "careful_heron" };

        public string Subreddit { get; private init; }

        public string Author { get; private init; }

        public bool IsDeleted => Author == CommentText.Deleted;

        public bool Passes => Subreddit is "elixir" or "erlang" && !IsDeleted;
    }
}
