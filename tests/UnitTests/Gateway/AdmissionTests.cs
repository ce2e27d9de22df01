using System.Net;
using CsCheck;
using Ingest.Gateway.Sources;

namespace Ingest.UnitTests.Gateway;

public class AdmissionTests
{
    private static readonly IPAddress A = IPAddress.Parse("10.0.0.1");
    private static readonly IPAddress B = IPAddress.Parse("10.0.0.2");

    [Fact]
    public void A_place_that_is_left_is_free_again()
    {
        var admission = new Admission(1, 0);
        var place = admission.TryEnter()!;
        Assert.Null(admission.TryEnter());
        place.Dispose();
        place.Dispose();
        Assert.NotNull(admission.TryEnter());
        Assert.Null(admission.TryEnter());
    }

    [Fact]
    public void One_address_takes_no_more_than_its_share_and_keeps_nobody_else_out()
    {
        var admission = new Admission(4, 1);
        var first = admission.TryEnter()!;
        Assert.True(first.TryBelongTo(A));
        using (var second = admission.TryEnter()!)
            Assert.False(second.TryBelongTo(A));
        Assert.True(admission.TryEnter()!.TryBelongTo(B));
        first.Dispose();
        Assert.True(admission.TryEnter()!.TryBelongTo(A));
    }

    [Fact]
    public void Any_coming_and_going_keeps_within_the_limits_and_ends_with_all_places_free() =>
        Gen.Select(Gen.Int[1, 5], Gen.Int[0, 3], Gen.Select(Gen.Bool, Gen.Int[0, 3]).Array[0, 60]).Sample((places, share, steps) =>
        {
            var admission = new Admission(places, share);
            var held = new List<(Admission.Place Place, int Address)>();
            foreach (var (enters, number) in steps)
            {
                if (!enters && held.Count > 0)
                {
                    held[number % held.Count].Place.Dispose();
                    held.RemoveAt(number % held.Count);
                }
                else if (enters && admission.TryEnter() is { } place)
                {
                    if (place.TryBelongTo(new IPAddress(number)))
                        held.Add((place, number));
                    else
                        place.Dispose();
                }

                Assert.InRange(held.Count, 0, places);
                Assert.All(held.GroupBy(h => h.Address), mine => Assert.InRange(mine.Count(), 1, share == 0 ? places : share));
            }

            held.ForEach(h => h.Place.Dispose());
            Assert.All(Enumerable.Range(0, places), _ => Assert.NotNull(admission.TryEnter()));
            Assert.Null(admission.TryEnter());
        });
}
