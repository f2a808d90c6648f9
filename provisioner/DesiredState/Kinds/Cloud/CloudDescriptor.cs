using Cloudlet.DesiredState.Kinds.Conditions;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Cloud;

/// <summary>A kind of object of a cloud: its section needs <c>cloud</c>, and its resources come after the services that it asks.</summary>
/// <typeparam name="TSpec">The kind's spec.</typeparam>
/// <typeparam name="TSection">The description of one object.</typeparam>
public abstract class CloudDescriptor<TSpec, TSection> : SectionDescriptor<TSpec, TSection>, ICloudSection
    where TSpec : CloudSpec
{
    /// <summary>Longest name of a project in Keystone, the shortest limit of all.</summary>
    private const int LongestName = 64;

    /// <inheritdoc/>
    public override string NamePattern => "^[A-Za-z0-9_.]([A-Za-z0-9_. -]{0,62}[A-Za-z0-9_.-])?$";

    /// <summary>Type of the service that has these objects.</summary>
    internal abstract string Service { get; }

    string ICloudSection.Service => Service;

    internal sealed override void Check(HostCheck host)
    {
        foreach (var (name, section) in In(host.Host) ?? new Dictionary<string, TSection>(StringComparer.Ordinal))
        {
            if (name.Length is 0 or > LongestName || name[0] is '-' or ' ' || name[^1] == ' ' || !Names.HasOnly(name, "_.- "))
                host.Report.Key(
                    $"\"{name}\" is not a valid name here: 1-{LongestName} letters, digits, '_', '.', '-' and spaces, beginning with "
                        + "neither '-' nor a space",
                    Section,
                    name
                );
            if (host.Host.Cloud is null)
                host.Report.Missing("this needs `cloud`: where the API answers, and the account for it", Section, name);
            Check(name, section, host);
        }
    }

    internal sealed override IEnumerable<ResourceSpec> Compile(HostCompilation host)
    {
        if (host.Section.Cloud is not { } cloud)
            yield break;
        var api = CloudRules.ApiOf(cloud, host.Section);
        foreach (var (name, section) in In(host.Section) ?? new Dictionary<string, TSection>())
            yield return Make(name, section, api, host.Section);
    }

    internal sealed override TSpec Complete(TSpec spec, IReadOnlyDictionary<string, ResourceSpec> all)
    {
        string[] secret = [.. SecretFiles.IdsOf(spec.Api.SecretFile, all)];
        string[] files = [.. SecretsOf(spec).SelectMany(path => SecretFiles.IdsOf(path, all))];
        return (TSpec)(
            (CloudSpec)spec with
            {
                After =
                [
                    .. spec.After,
                    .. CloudServiceTypes.NeededFor(Service).Concat(NeededBy(spec)).Where(id => id != spec.Id && all.ContainsKey(id)),
                    .. NeededBy(spec, all),
                    .. all.Values.OfType<ICatalogEntry>().Where(e => e.Type == Service).Select(static e => e.Id),
                    .. secret,
                    .. files,
                ],
                Watches = [.. spec.Watches, .. files],
            }
        );
    }

    internal sealed override bool IsSound(TSpec spec) => spec is { Name.Length: > 0, Api.IsSound: true } && IsWholeSpec(spec);

    /// <summary>Reports the errors of one object.</summary>
    internal virtual void Check(string name, TSection section, HostCheck host) { }

    /// <summary>The spec of one object.</summary>
    internal abstract TSpec Make(string name, TSection section, CloudApi api, HostSection host);

    /// <summary>Ids of other objects of the cloud that it refers to, declared or not.</summary>
    internal virtual IEnumerable<string> NeededBy(TSpec spec) => [];

    /// <summary>Ids of others that follow from everything that the host describes.</summary>
    internal virtual IEnumerable<string> NeededBy(TSpec spec, IReadOnlyDictionary<string, ResourceSpec> all) => [];

    /// <summary>Paths of the files of secrets whose change makes it deviate.</summary>
    internal virtual IEnumerable<string> SecretsOf(TSpec spec) => [];

    /// <summary>True when a stored spec has all of the kind's own properties that it relies on.</summary>
    internal virtual bool IsWholeSpec(TSpec spec) => true;

    /// <summary>Reports a number that is out of range.</summary>
    internal void Range(HostCheck host, string name, string key, int? value, int least, int most)
    {
        if (value is { } number && (number < least || number > most))
            host.Report.Value($"{number} is out of range: {key} is {least} to {most}", Section, name, key);
    }

    /// <summary>Reports a text that a service would refuse: too long, or with control characters.</summary>
    internal void Line(HostCheck host, string name, string key, string? value)
    {
        const int longest = 255;
        if (value is not null && (value.Length > longest || value.Any(char.IsControl)))
            host.Report.Value($"{key} is one line of at most {longest} characters", Section, name, key);
    }

    /// <summary>Reports a text that is not one of a few words.</summary>
    internal void OneOf(HostCheck host, string name, string key, string? value, IReadOnlyList<string> words)
    {
        if (value is not null && !words.Contains(value))
            host.Report.Value(
                $"\"{value}\" is not a valid {key}: write one of {string.Join(", ", words)}{Spelling.Hint(value, words)}",
                Section,
                name,
                key
            );
    }

    /// <summary>Reports keys and values of a map that a service would refuse.</summary>
    internal void Pairs(HostCheck host, string name, string key, IReadOnlyDictionary<string, string>? pairs)
    {
        foreach (var (word, value) in pairs ?? new Dictionary<string, string>(StringComparer.Ordinal))
            if (word.Length is 0 or > 255 || !Names.HasOnly(word, "_-:. "))
                host.Report.Key($"\"{word}\" is not a valid key: letters, digits, '_', '-', ':', '.' and spaces", Section, name, key, word);
            else if (value.Length > 255 || value.Any(char.IsControl))
                host.Report.Value("a value is one line of at most 255 characters", Section, name, key, word);
    }

    /// <summary>A map as a set of <c>KEY=VALUE</c>.</summary>
    internal static IReadOnlyList<string>? Pairs(IReadOnlyDictionary<string, string>? pairs) =>
        pairs is null ? null : [.. pairs.Select(static p => $"{p.Key}={p.Value}")];

    /// <summary>Reports a URL that nothing can be asked at.</summary>
    internal void Url(HostCheck host, string name, string key, string? value)
    {
        if (value is not null && ConditionRules.UrlError(value) is { } error)
            host.Report.Value(error, Section, name, key);
    }
}

/// <summary>A section with objects of a cloud.</summary>
internal interface ICloudSection
{
    /// <summary>Type of the service that has these objects.</summary>
    string Service { get; }
}
