using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace Ingest.ServiceDefaults;

/// <summary>Checks options by their attributes, and calls what is wrong by the name that the user wrote.</summary>
/// <param name="section">The section of the configuration.</param>
internal sealed class SectionValidator<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)] T>(string section) : IValidateOptions<T>
    where T : class
{
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Validation is by attributes, and all of the type is kept.")]
    public ValidateOptionsResult Validate(string? name, T options)
    {
        var faults = new List<ValidationResult>();
        return Validator.TryValidateObject(options, new ValidationContext(options), faults, validateAllProperties: true)
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(faults.Select(Describe));
    }

    private string Describe(ValidationResult fault)
    {
        var message = fault.ErrorMessage ?? "is not valid.";
        if (fault.MemberNames.FirstOrDefault() is not { } member)
            return message;
        foreach (var subject in (string[])[$"The field {member}", $"The {member} field", member])
        {
            if (message.StartsWith(subject, StringComparison.Ordinal))
                return $"{section}__{member}{message[subject.Length..]}";
        }

        return $"{section}__{member}: {message}";
    }
}
