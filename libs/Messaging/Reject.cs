namespace Ingest.Messaging;

/// <summary>Why a line is not a row: a closed list. The numbers are part of the wire format.</summary>
public enum RejectReason : byte
{
    InvalidJson = 1,
    InvalidUtf8 = 2,
    NotAnObject = 3,
    LineTooLong = 4,
    MissingRequired = 5,
    InvalidValue = 6,
    ConstraintViolation = 7,
    CorruptInput = 8,
    InternalError = 9,
}

public static class RejectReasons
{
    private static readonly string[] Names =
    [
        "", "invalid_json", "invalid_utf8", "not_an_object", "line_too_long", "missing_required", "invalid_value",
        "constraint_violation", "corrupt_input", "internal_error",
    ];

    /// <summary>The reason's name in <c>ingest_rejects.reason</c> and in metric labels.</summary>
    public static string SqlName(this RejectReason reason) => Names[(int)reason];
}

/// <summary>A line that is not a row, and why.</summary>
public sealed record Reject
{
    /// <summary>Bytes of an over-long line or a corrupt tail that are kept.</summary>
    public const int PrefixBytes = 8 * 1024;

    /// <summary>Index of the line's segment in its batch.</summary>
    public required int Segment { get; init; }

    /// <summary>The line's number in its source, from 1.</summary>
    public required long Line { get; init; }

    public required RejectReason Reason { get; init; }

    /// <summary>The column whose value is at fault, or null.</summary>
    public string? Column { get; init; }

    /// <summary>What is wrong, in words for the person who will mend the input.</summary>
    public string? Detail { get; init; }

    /// <summary>PostgreSQL's error code, where the database refused the row.</summary>
    public string? SqlState { get; init; }

    /// <summary>The line whole, or its first <see cref="PrefixBytes"/> when it is over-long. Borrowed from the batch.</summary>
    public required ReadOnlyMemory<byte> Raw { get; init; }

    /// <summary>The line's length in bytes, without its line end.</summary>
    public required long RawLength { get; init; }
}
