namespace Ingest.EndToEnd;

/// <summary>What a run makes of the lines.</summary>
internal sealed record Workload(string Name, string Table, string Definition)
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

    public static IReadOnlyList<Workload> All { get; } =
    [
        new("filtered", "kept", $"table: kept\nwhere: subreddit == \"elixir\" && author != \"[deleted]\"\n{Columns}"),
        new("all rows", "everything", $"table: everything\n{Columns}"),
    ];
}
