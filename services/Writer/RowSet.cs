using Ingest.Messaging;

namespace Ingest.Writer;

/// <summary>Consecutive rows of a <see cref="RowSet"/>.</summary>
internal readonly record struct RowRange(int From, int To)
{
    public int Count => To - From;
}

/// <summary>Rows of several batches with the same columns, in the order in which they count. A row is its place.</summary>
internal sealed class RowSet
{
    private readonly IReadOnlyList<Piece> _pieces;

    private RowSet(IReadOnlyList<Piece> pieces)
    {
        _pieces = pieces;
        Firsts = new int[pieces.Count];
        for (var i = 0; i < pieces.Count; i++)
        {
            Firsts[i] = Count;
            Count += pieces[i].Rows;
        }
    }

    public int Count { get; }

    public RowRange All => new(0, Count);

    public IReadOnlyList<RowColumn> Columns => _pieces[0].Outcome.Batch.Columns;

    /// <summary>Where each piece begins; a piece's rows all come from one segment.</summary>
    public int[] Firsts { get; }

    /// <summary>A set for each run of batches with the same columns; batches without rows are in none.</summary>
    public static IEnumerable<RowSet> Of(IEnumerable<BatchOutcome> outcomes)
    {
        List<Piece> pieces = [];
        foreach (var outcome in outcomes.Where(o => o.Batch.Rows > 0))
        {
            if (pieces.Count > 0 && !pieces[0].Outcome.Batch.Columns.SequenceEqual(outcome.Batch.Columns))
            {
                yield return new RowSet(pieces);
                pieces = [];
            }

            var first = 0;
            for (var segment = 0; segment < outcome.Batch.Segments.Count; segment++)
            {
                var rows = outcome.Batch.Segments[segment].Rows;
                if (rows > 0)
                    pieces.Add(new Piece(outcome, segment, first, rows));
                first += rows;
            }
        }

        if (pieces.Count > 0)
            yield return new RowSet(pieces);
    }

    public RowSet Slice(RowRange range) => new([.. Cut(range)]);

    public RowSet Without(int row) => new([.. Cut(new RowRange(0, row)), .. Cut(new RowRange(row + 1, Count))]);

    /// <summary>The row's batch and its place there.</summary>
    public (Guid Batch, int Row) PlaceOf(int row)
    {
        var index = PieceOf(row);
        return (_pieces[index].Outcome.Batch.Id, _pieces[index].First + row - Firsts[index]);
    }

    /// <returns>The row at that place of that batch, or null.</returns>
    public int? Find(Guid batch, int row)
    {
        for (var i = 0; i < _pieces.Count; i++)
        {
            var (outcome, _, first, rows) = _pieces[i];
            if (outcome.Batch.Id == batch && row >= first && row < first + rows)
                return Firsts[i] + row - first;
        }

        return null;
    }

    public IEnumerable<ReadOnlyMemory<byte>> Tuples(RowRange range)
    {
        foreach (var (index, part) in Parts(range))
        {
            var piece = _pieces[index];
            yield return piece.Outcome.Tuples(piece.First + part.From - Firsts[index], part.Count);
        }
    }

    /// <summary>The pieces that a range touches, and what it has of each.</summary>
    public IEnumerable<(int Piece, RowRange Part)> Parts(RowRange range)
    {
        if (range.Count == 0)
            yield break;
        for (var index = PieceOf(range.From); index < _pieces.Count && Firsts[index] < range.To; index++)
        {
            yield return (index, new RowRange(
                Math.Max(range.From, Firsts[index]), Math.Min(range.To, Firsts[index] + _pieces[index].Rows)));
        }
    }

    public void Write(int piece, long rows) => _pieces[piece].Outcome.Write(_pieces[piece].Segment, rows);

    /// <summary>Notes that the database refused a row, with the row itself.</summary>
    public void Refuse(int row, RowRefusal refusal)
    {
        var index = PieceOf(row);
        var (outcome, segment, first, _) = _pieces[index];
        var inBatch = first + row - Firsts[index];
        var json = RowJson.Of(Columns, outcome.Tuples(inBatch, 1).Span);
        outcome.Refuse(new Reject
        {
            Segment = segment,
            Line = outcome.Batch.RowLines[inBatch],
            Reason = refusal.Reason,
            Column = refusal.Column,
            Detail = refusal.Detail,
            SqlState = refusal.SqlState,
            Raw = json,
            RawLength = json.Length,
        });
    }

    private IEnumerable<Piece> Cut(RowRange range) => Parts(range).Select(
        p => _pieces[p.Piece] with { First = _pieces[p.Piece].First + p.Part.From - Firsts[p.Piece], Rows = p.Part.Count });

    private int PieceOf(int row)
    {
        var index = Array.BinarySearch(Firsts, row);
        return index < 0 ? ~index - 1 : index;
    }

    private sealed record Piece(BatchOutcome Outcome, int Segment, int First, int Rows);
}

/// <summary>What a database says of a row that it refuses.</summary>
internal sealed record RowRefusal(RejectReason Reason, string? Column, string Detail, string? SqlState);
