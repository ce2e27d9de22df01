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

    public async Task<string> WriteAsync(string folder, string name, int port)
    {
        var file = Path.Combine(folder, "pipeline.yaml");
        await File.WriteAllTextAsync(file, $"pipeline: {name}\nlisten: {port}\n{Body}\n");
        return file;
    }
}
