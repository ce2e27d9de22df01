using Npgsql;

namespace Ingest.Writer.Postgres;

/// <summary>Asks the ledger.</summary>
internal sealed class LedgerReader(NpgsqlConnection connection, string pipeline)
{
    public async Task<IReadOnlyList<CommittedBatch>> FindAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Sql.FindBatches, connection)
        {
            Parameters = { new() { Value = pipeline }, new() { Value = ids.ToArray() } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var found = new LedgerEntries();
        while (await reader.ReadAsync(cancellationToken))
        {
            found.Add(
                reader.GetGuid(0), reader.IsDBNull(1) ? null : reader.GetGuid(1), reader.GetInt64(2), reader.GetInt64(3),
                reader.GetInt64(4), reader.GetInt64(5), reader.GetInt64(6));
        }

        return found.ToBatches();
    }

    public async Task<IReadOnlyList<LedgerSegment>> ReadSourceAsync(Guid sourceId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Sql.ReadSource, connection)
        {
            Parameters = { new() { Value = pipeline }, new() { Value = sourceId } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var segments = new List<LedgerSegment>();
        while (await reader.ReadAsync(cancellationToken))
        {
            segments.Add(new LedgerSegment(
                reader.GetGuid(0),
                reader.GetInt64(1),
                reader.GetInt64(2),
                reader.GetInt64(3),
                reader.GetInt64(4),
                new SegmentCounts(
                    sourceId, reader.GetInt64(5), reader.GetInt64(6), reader.GetInt64(7), reader.GetInt64(8), reader.GetInt64(9))));
        }

        return segments;
    }

    public async Task<IReadOnlyList<SourcePlace>> FindEndsAsync(IReadOnlyList<SourcePlace> places, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Sql.FindEnds, connection)
        {
            Parameters =
            {
                new() { Value = pipeline },
                new() { Value = places.Select(p => p.SourceId).ToArray() },
                new() { Value = places.Select(p => p.Offset).ToArray() },
            },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var found = new List<SourcePlace>();
        while (await reader.ReadAsync(cancellationToken))
            found.Add(new SourcePlace(reader.GetGuid(0), reader.GetInt64(1)));
        return found;
    }

    public async Task<IReadOnlyList<string>> ReadDefinitionsAsync(CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Sql.ReadDefinitions, connection) { Parameters = { new() { Value = pipeline } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<string> definitions = [];
        while (await reader.ReadAsync(cancellationToken))
            definitions.Add(reader.GetString(0));
        return definitions;
    }
}
