using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Ingest.Messaging;

/// <summary>
/// How short and how long a duration may be. <see cref="RangeAttribute"/> would look for a converter by reflection, which a
/// native program does not have.
/// </summary>
/// <param name="minimum">The shortest, such as <c>00:00:01</c> or <c>1.00:00:00</c>.</param>
/// <param name="maximum">The longest.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DurationRangeAttribute(string minimum, string maximum)
    : ValidationAttribute($"The field {{0}} must be between {minimum} and {maximum}.")
{
    private readonly TimeSpan _minimum = TimeSpan.Parse(minimum, CultureInfo.InvariantCulture);
    private readonly TimeSpan _maximum = TimeSpan.Parse(maximum, CultureInfo.InvariantCulture);

    public string Minimum => minimum;

    public string Maximum => maximum;

    public override bool IsValid(object? value) => value is not TimeSpan duration || (duration >= _minimum && duration <= _maximum);
}
