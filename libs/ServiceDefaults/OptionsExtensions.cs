using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.RegularExpressions;
using Ingest.Pipelines.Definition;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

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
    public static IServiceCollection AddValidatedOptions<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)] T>(
        this IServiceCollection services, string section, Action<IConfiguration, T, Action<BinderOptions>> bind)
        where T : class
    {
        services.AddSingleton<IValidateOptions<T>>(new SectionValidator<T>(section));
        services.AddOptions<T>()
            .Configure<IConfiguration>((options, configuration) => Bind(configuration.GetSection(section), options, bind))
            .ValidateOnStart();
        return services;
    }

    private static void Bind<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)] T>(
        IConfigurationSection section, T options, Action<IConfiguration, T, Action<BinderOptions>> bind)
    {
        var settings = typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance).ToDictionary(p => p.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var setting in section.GetChildren())
            Check(setting, settings);
        try
        {
            bind(section, options, static binder => binder.ErrorOnUnknownConfiguration = true);
        }
        catch (InvalidOperationException wrong)
        {
            throw Mistake($"a setting cannot be read: {Value().Replace(wrong.Message, "value at '")}");
        }
    }

    /// <summary>What the binder would take for something else, or would tell in words of its own.</summary>
    private static void Check(IConfigurationSection setting, Dictionary<string, PropertyInfo> settings)
    {
        var name = setting.Path.Replace(":", "__", StringComparison.Ordinal);
        if (!settings.TryGetValue(setting.Key, out var property))
        {
            var section = name[..^setting.Key.Length];
            var near = Suggestion.Nearest(setting.Key, settings.Keys);
            throw Mistake($"{name} is no setting{(near is null ? $" of {section}…; README.md lists them" : $"; did you mean {section}{near}?")}");
        }

        // The binder would pass it over, and an address list would let everybody in.
        if (property.PropertyType != typeof(string) && property.PropertyType.IsAssignableTo(typeof(IEnumerable)) && setting.Value is { Length: > 0 })
            throw Mistake($"{name} is a list: name its entries {name}__0, __1 and so on.");

        // A number alone would be days.
        if (property.PropertyType == typeof(TimeSpan) && setting.Value is { Length: > 0 } text && !text.Contains(':', StringComparison.Ordinal))
            throw Mistake($"{name} is a duration: write it as [days.]hours:minutes:seconds, such as 00:00:05 for five seconds.");
    }

    private static StartupException Mistake(string message) => new(message, ExitCodes.BadConfiguration);

    /// <summary>What the binder quotes may hold a password.</summary>
    [GeneratedRegex("value '.*' at '", RegexOptions.Singleline)]
    private static partial Regex Value();
}
