using Ingest.Messaging;

namespace Ingest.Writer;

/// <summary>A batch that the writer holds, with all copies of it that came, and what is known of it.</summary>
internal sealed class HeldBatch(Delivery<RowBatch> first)
{
    private readonly List<Delivery<RowBatch>> _copies = [first];

    public RowBatch Batch { get; } = first.Batch;

    public Guid Id => Batch.Id;

    public IReadOnlyList<Delivery<RowBatch>> Copies => _copies;

    /// <summary>True when it may be what kills its consumers.</summary>
    public bool IsSuspect { get; private set; } = first.IsSuspect;

    /// <summary>How often the writer threw on it alone.</summary>
    public int Throws { get; set; }

    /// <summary>True when the writer threw on it, alone or among others.</summary>
    public bool IsDoubtful { get; set; }

    /// <summary>Whether it is written in a transaction of its own.</summary>
    public bool IsAlone => IsSuspect || IsDoubtful;

    /// <summary>True while a transaction has it; copies that come meanwhile wait for that one's end.</summary>
    public bool IsUnderWay { get; set; }

    /// <summary>True while it waits for what lies before it in its source.</summary>
    public bool IsEarly { get; set; }

    /// <summary>When another session was found writing it, or null.</summary>
    public long? BlockedSince { get; set; }

    public void Add(Delivery<RowBatch> copy)
    {
        _copies.Add(copy);
        IsSuspect |= copy.IsSuspect;
    }
}
