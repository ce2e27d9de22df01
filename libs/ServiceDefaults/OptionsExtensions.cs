using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Ingest.ServiceDefaults;

public static class OptionsExtensions
{
    private const string Flat = "Options are flat: numbers, durations, texts, enums, and lists of texts.";

    /// <summary>Binds a section, refuses keys that it does not know, and checks the ranges at start.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = Flat)]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = Flat)]
    public static IServiceCollection AddValidatedOptions<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)] T>(
        this IServiceCollection services, string section) where T : class
    {
        services.AddOptions<T>()
            .BindConfiguration(section, binder => binder.ErrorOnUnknownConfiguration = true)
            .ValidateDataAnnotations()
            .ValidateOnStart();
        return services;
    }
}
