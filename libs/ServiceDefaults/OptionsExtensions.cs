using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Ingest.ServiceDefaults;

public static partial class OptionsExtensions
{
    /// <summary>Binds a section, refuses keys that it does not know, and checks the ranges at start.</summary>
    /// <param name="services">Where the options are found.</param>
    /// <param name="section">The section's name.</param>
    /// <param name="bind">
    /// <c>(section, options, how) => section.Bind(options, how)</c>: spelt where the type is known, so that the code that
    /// binds is generated. By reflection a native program would bind some settings and leave others out without a word.
    /// </param>
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Validation is by attributes, and all of the type is kept.")]
    public static IServiceCollection AddValidatedOptions<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)] T>(
        this IServiceCollection services, string section, Action<IConfiguration, T, Action<BinderOptions>> bind)
        where T : class
    {
        services.AddOptions<T>()
            .Configure<IConfiguration>((options, configuration) => Bind(configuration.GetSection(section), options, bind))
            .ValidateDataAnnotations()
            .ValidateOnStart();
        return services;
    }

    private static void Bind<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)] T>(
        IConfigurationSection section, T options, Action<IConfiguration, T, Action<BinderOptions>> bind)
    {
        foreach (var list in typeof(T).GetProperties().Where(p => p.PropertyType != typeof(string) && p.PropertyType.IsAssignableTo(typeof(IEnumerable))))
        {
            // The binder would pass it over, and an address list would let everybody in.
            if (section[list.Name] is { Length: > 0 })
                throw new StartupException($"{section.Path}__{list.Name} is a list: name its entries {section.Path}__{list.Name}__0, __1 and so on.", ExitCodes.BadConfiguration);
        }

        try
        {
            bind(section, options, static binder => binder.ErrorOnUnknownConfiguration = true);
        }
        catch (InvalidOperationException wrong)
        {
            throw new StartupException($"a setting cannot be read: {Value().Replace(wrong.Message, "value at '")}", ExitCodes.BadConfiguration);
        }
    }

    /// <summary>What the binder quotes may hold a password.</summary>
    [GeneratedRegex("value '.*' at '", RegexOptions.Singleline)]
    private static partial Regex Value();
}
