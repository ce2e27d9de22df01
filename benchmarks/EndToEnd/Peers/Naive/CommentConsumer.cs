using System.Text.Json;
using MassTransit;
using Npgsql;

namespace Ingest.EndToEnd.Peers.Naive;

/// <summary>Writes what the filter keeps, each row in a transaction of its own.</summary>
/// <param name="database">Where the table is.</param>
/// <param name="lines">How many it waits for.</param>
internal sealed class CommentConsumer(string database, long lines) : IConsumer<CommentLine>, IAsyncDisposable
{
    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create(database);
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _seen;

    /// <summary>All lines have been seen, or one failed.</summary>
    public Task Done => _done.Task;

    public async Task Consume(ConsumeContext<CommentLine> context)
    {
        try
        {
            await WriteAsync(context.Message.Json, context.CancellationToken);
        }
        catch (Exception failure)
        {
            _done.TrySetException(failure);
            throw;
        }

        if (Interlocked.Increment(ref _seen) == lines)
            _done.TrySetResult();
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    private async Task WriteAsync(string line, CancellationToken cancellationToken)
    {
        using var document = JsonDocument.Parse(line);
        var comment = document.RootElement;
        if (comment.GetProperty("subreddit").GetString() != "elixir" || comment.GetProperty("author").GetString() == "[deleted]")
            return;
        await using var insert = _database.CreateCommand("insert into kept values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing");
        foreach (var value in Values(comment))
            insert.Parameters.Add(new NpgsqlParameter { Value = value });
        await insert.ExecuteNonQueryAsync(cancellationToken);
    }

    private static object[] Values(JsonElement comment) =>
    [
        Text(comment, "id"), Text(comment, "author"), Text(comment, "body"), comment.GetProperty("score").GetInt32(),
        DateTimeOffset.FromUnixTimeSeconds(comment.GetProperty("created_utc").GetInt64()).UtcDateTime,
        Text(comment, "subreddit"), Text(comment, "link_id"), Text(comment, "parent_id"),
    ];

    private static string Text(JsonElement comment, string member) => comment.GetProperty(member).GetString() ?? "";
}
