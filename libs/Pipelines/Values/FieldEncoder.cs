using Ingest.Messaging;
using Ingest.Pipelines.Definition;
using Ingest.Pipelines.Rows;

namespace Ingest.Pipelines.Values;

/// <summary>
/// Turns one JSON value that is neither missing nor null into one field of a binary COPY tuple, as
/// <c>jsonb_to_record</c> would store it in a column of that type.
/// </summary>
/// <remarks>Stateless: one encoder may serve many threads.</remarks>
public abstract class FieldEncoder
{
    /// <summary>Writes the field (length and bytes), or returns false, in which case what it wrote must be rewound.</summary>
    /// <param name="detail">Without quotes from the line longer than 100 characters: why the value is refused.</param>
    /// <param name="repaired">Raised by one for each U+0000 or lone surrogate that became U+FFFD.</param>
    public abstract bool TryWrite(in JsonValue value, TupleWriter writer, ref int repaired, out string? detail);
}
