namespace Ingest.Messaging.RabbitMq;

/// <summary>One acknowledgement for the broker.</summary>
/// <param name="Tag">A message that it has not heard of yet.</param>
/// <param name="Multiple">With all before it.</param>
internal readonly record struct Acknowledgement(ulong Tag, bool Multiple);

/// <summary>
/// Which of a channel's messages are settled, and what the broker is to be told of it in as few words as possible. Tags go
/// up by one from 1; one that was never named here is not settled, so that nothing is acknowledged which nobody has done.
/// It takes as much memory as there are messages that the broker waits for, however many come after one that stays.
/// </summary>
internal sealed class SettledTags
{
    /// <summary>Ranges of settled tags in their order, a gap between any two.</summary>
    private readonly List<(ulong From, ulong To)> _settled = [];
    private readonly SortedSet<ulong> _untold = [];

    /// <summary>The highest tag that waited when the broker was last told.</summary>
    private ulong _waitedBefore;

    /// <summary>How many are done that the broker does not know of.</summary>
    public int Untold => _untold.Count;

    /// <summary>The message is done, and the broker does not know.</summary>
    public void Acknowledge(ulong tag)
    {
        Add(tag);
        _untold.Add(tag);
    }

    /// <summary>The broker was told of this one: only afterwards may another acknowledgement count for it.</summary>
    public void Told(ulong tag) => Add(tag);

    /// <summary>
    /// What to say now: one for all that have none before them that stays, and one each for those which waited for such a one
    /// the last time already. The rest may soon be together, and waits for the next time.
    /// </summary>
    public IReadOnlyList<Acknowledgement> Take()
    {
        var said = new List<Acknowledgement>();
        var together = _settled is [(1, var end), ..] ? end : 0;
        if (_untold.Count > 0 && _untold.Min <= together)
        {
            var alone = _untold.Min;
            var last = _untold.GetViewBetween(alone, together).Max;
            said.Add(new Acknowledgement(last, Multiple: last > alone));
            _untold.RemoveWhere(tag => tag <= last);
        }

        foreach (var late in _untold.TakeWhile(tag => tag <= _waitedBefore).ToArray())
        {
            said.Add(new Acknowledgement(late, Multiple: false));
            _untold.Remove(late);
        }

        _waitedBefore = _untold.Max;
        return said;
    }

    private void Add(ulong tag)
    {
        var next = _settled.FindIndex(range => range.From > tag);
        if (next < 0)
            next = _settled.Count;
        var (from, to) = (tag, tag);
        if (next < _settled.Count && _settled[next].From == tag + 1)
        {
            to = _settled[next].To;
            _settled.RemoveAt(next);
        }

        if (next > 0 && _settled[next - 1].To == tag - 1)
        {
            from = _settled[--next].From;
            _settled.RemoveAt(next);
        }

        _settled.Insert(next, (from, to));
    }
}
