using Ingest.EndToEnd.Inputs;

namespace Ingest.EndToEnd.Services;

/// <summary>What is made of the comments, as a pipeline's definition.</summary>
/// <param name="Table">Where the rows go.</param>
/// <param name="Body">All but name and port.</param>
internal sealed record Definition(string Table, string Body)
{
    private const string Columns =
        """
        key: id
        columns:
          id: text
          author: text
          body: { type: text, clean: [trim], null_if: ["[removed]"], max_length: 10000 }
          score: integer
          created_at: { from: created_utc, type: timestamptz, unit: seconds, required: true }
          subreddit: text
          link_id: text
          parent_id: text
        """;

    private static readonly string[] Members =
    [
        "author", "body", "score", "created_utc", "subreddit", "link_id", "parent_id", "archived", "author_created_utc", "author_flair_type",
        "author_fullname", "author_patreon_flair", "can_gild", "can_mod_post", "collapsed", "controversiality", "distinguished", "edited", "gilded", "gildings",
        "is_submitter", "no_follow", "permalink", "removal_reason", "retrieved_on", "send_replies", "stickied", "subreddit_id", "subreddit_name_prefixed",
        "subreddit_type", "author_flair_text",
    ];

    private const string Filter = "where: subreddit == \"elixir\" && author != \"[deleted]\"";

    /// <summary>A few lines of many, all of which cross the broker.</summary>
    public static Definition Filtered { get; } = new("kept", $"table: kept\npush_down: off\n{Filter}\n{Columns}");

    /// <summary>The same, with the filter in the gateway too.</summary>
    public static Definition PushedDown { get; } = new("kept", $"table: kept\npush_down: auto\n{Filter}\n{Columns}");

    /// <summary>Every line, in eight columns.</summary>
    public static Definition AllRows { get; } = new("everything", $"table: everything\n{Columns}");

    /// <summary>The table that the definition makes, for those who need it beforehand.</summary>
    public static string CreateTable(string table) =>
        $"""
        create table {table} (
          id text primary key, author text, body text, score integer, created_at timestamptz not null,
          subreddit text, link_id text, parent_id text)
        """;

    /// <summary>Every line in so many columns, each the text of another member; those beyond the comments' own are empty.</summary>
    public static Definition Wide(int columns) => new("wide", $"table: wide\nkey: id\ncolumns:\n  id: text\n{string.Join('\n', Members.Take(columns - 1).Select(m => $"  {m}: text"))}");

    /// <summary>Rows that it makes of an input.</summary>
    public long Keeps(Input input) => Body.Contains(Filter, StringComparison.Ordinal) ? input.Kept : input.Rows;

    public async Task<string> WriteAsync(string folder, string name, int port)
    {
        var file = Path.Combine(folder, "pipeline.yaml");
        await File.WriteAllTextAsync(file, $"pipeline: {name}\nlisten: {port}\n{Body}\n");
        return file;
    }
}
