namespace Ingest.Writer;

/// <summary>Tells a store's transactions whether another of them was under way meanwhile.</summary>
internal sealed class Company
{
    private readonly Lock _lock = new();
    private readonly HashSet<Member> _underWay = [];

    /// <summary>A transaction begins; dispose what comes back when it has ended.</summary>
    public Member Join()
    {
        lock (_lock)
        {
            var member = new Member(this) { HadOthers = _underWay.Count > 0 };
            foreach (var other in _underWay)
                other.HadOthers = true;
            _underWay.Add(member);
            return member;
        }
    }

    internal sealed class Member(Company company) : IDisposable
    {
        /// <summary>True when another transaction was under way since this one began.</summary>
        public bool HadOthers { get; set; }

        public void Dispose()
        {
            lock (company._lock)
                company._underWay.Remove(this);
        }
    }
}
