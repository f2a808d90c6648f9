using System.Globalization;
using Cloudlet.DesiredState.Sections;
using Cloudlet.Resources.Kinds.Units.Configuration;

namespace Cloudlet.Resources.Kinds.Files.Oslo;

/// <summary>
/// Compares a configuration file with the options of an installed release. Messages contain no values: they may be secrets.
/// </summary>
internal sealed class OptionCheck(ConfigurationText text, ReleaseOptions release)
{
    private static readonly string[] Booleans = ["true", "1", "on", "yes", "false", "0", "off", "no"];

    /// <summary>
    /// Options of keystoneauth plugins: they become known only when a plugin is loaded, so releases do not list them for every section
    /// that accepts them.
    /// </summary>
    private static readonly HashSet<string> Plugin = new(StringComparer.Ordinal)
    {
        "access_key",
        "access_secret",
        "access_token",
        "access_token_endpoint",
        "access_token_type",
        "application_credential_id",
        "application_credential_name",
        "application_credential_secret",
        "auth_methods",
        "auth_url",
        "client_id",
        "client_secret",
        "consumer_key",
        "consumer_secret",
        "default_domain_id",
        "default_domain_name",
        "discovery_endpoint",
        "domain_id",
        "domain_name",
        "endpoint",
        "identity_provider",
        "identity_provider_url",
        "mutual_auth",
        "openid_scope",
        "passcode",
        "password",
        "project_domain_id",
        "project_domain_name",
        "project_id",
        "project_name",
        "protocol",
        "service_provider",
        "system_scope",
        "tenant_id",
        "tenant_name",
        "token",
        "trust_id",
        "user_domain_id",
        "user_domain_name",
        "user_id",
        "user_name",
        "username",
    };

    /// <summary>Everything that the release would reject, or accept without effect.</summary>
    public IEnumerable<string> Problems()
    {
        // Names of sections and of options may contain dots, so the key alone does not determine the section.
        foreach (
            var section in text
                .Options.SelectMany(o => o.Value.Select(v => (Name: o.Key[(v.Section.Length + 1)..], Value: v)))
                .GroupBy(o => o.Value.Section, StringComparer.Ordinal)
        )
        {
            if (release.Section(section.Key) is { } known)
            {
                foreach (var option in section.GroupBy(o => o.Name, o => o.Value, StringComparer.Ordinal))
                    if (Problem(option.Key, [.. option], known) is { } problem)
                        yield return $"[{section.Key}] {option.Key}: {problem}";
            }
            else if (!IsNamedElsewhere(section.Key))
            {
                yield return $"[{section.Key}]: the installed release has no such section{Near(section.Key, release.Sections)}";
            }
        }
    }

    /// <summary>
    /// A section with a user-chosen name exists because an option names it (<c>enabled_backends = disk:file</c>); only the service knows
    /// its options.
    /// </summary>
    private bool IsNamedElsewhere(string section)
    {
        var name =
            section.StartsWith("mdev_", StringComparison.Ordinal) || section.StartsWith("vgpu_", StringComparison.Ordinal)
                ? section[5..]
                : section;
        return section.StartsWith("os_glance_", StringComparison.Ordinal)
            || text.Options.Any(o => o.Value.Exists(v => v.Section != section && v.Text.Split(',', ':', ' ', '\n').Contains(name)));
    }

    private static string? Problem(string name, List<OptionValue> values, IReadOnlyDictionary<string, ReleaseOption?> known)
    {
        if (!known.TryGetValue(name, out var option))
            return known.ContainsKey("auth_type") && Plugin.Contains(name)
                ? null
                : $"the installed release has no such option{Near(name, known.Keys)}";
        if (option is null)
            return null;
        if (values.Count > 1 && option.Type != "multi valued")
            return $"it is set {values.Count} times, but the option has a single value, so only the last would count";
        return values.Select(v => TypeProblem(Unquoted(v.Text), option)).FirstOrDefault(p => p is not null);
    }

    /// <summary>
    /// The problem with a value. References to other options are resolved by the service, and an empty value is accepted.
    /// </summary>
    private static string? TypeProblem(string value, ReleaseOption option)
    {
        if (value.Contains('$') || value.Trim().Length == 0)
            return null;
        switch (option.Type)
        {
            case "boolean value":
                return Booleans.Contains(value.Trim(), StringComparer.OrdinalIgnoreCase) ? null : "expected true or false";
            case "integer value" or "port value":
                return long.TryParse(
                    value.Trim().Replace("_", "", StringComparison.Ordinal),
                    NumberStyles.AllowLeadingSign,
                    CultureInfo.InvariantCulture,
                    out var whole
                )
                    ? RangeProblem(whole, option)
                    : "expected a whole number";
            case "floating point value":
                return double.TryParse(value.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                    ? RangeProblem(number, option)
                    : "expected a number";
            case "string value" when option.Choices.Count > 0:
                return option.Choices.Contains(value, StringComparer.OrdinalIgnoreCase)
                    ? null
                    : $"expected one of {string.Join(", ", option.Choices.Where(c => c.Length > 0))}";
            default:
                return null;
        }
    }

    private static string? RangeProblem(double value, ReleaseOption option)
    {
        var (min, max) = option.Type == "port value" ? (option.Min ?? 0, option.Max ?? 65535) : (option.Min, option.Max);
        if (value < min)
            return $"expected at least {min}";
        if (value > max)
            return $"expected at most {max}";
        var isChoice = option.Choices.Count == 0 || option.Choices.Contains(value.ToString(CultureInfo.InvariantCulture));
        return isChoice ? null : $"expected one of {string.Join(", ", option.Choices)}";
    }

    /// <summary>oslo.config removes one pair of quotes around a value.</summary>
    private static string Unquoted(string value) =>
        value.Length > 1 && value[0] == value[^1] && value[0] is '"' or '\'' ? value[1..^1] : value;

    private static string Near(string written, IEnumerable<string> names) =>
        Spelling.Closest(written, names) is { } name ? $"; did you mean {name}?" : "";
}
