using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Sections;
using Scriban.Runtime;

namespace Cloudlet.DesiredState.Kinds.Links;

/// <summary>Network links with their addresses and routes, and the boot configuration for them.</summary>
public sealed class LinksDescriptor : SectionDescriptor<LinkSpec, LinkSection>
{
    /// <inheritdoc/>
    public override string Word => LinkSpec.Word;

    /// <inheritdoc/>
    public override string Section => HostLinks.Key;

    /// <inheritdoc/>
    public override bool IsInNamespaces => true;

    /// <inheritdoc/>
    public override string Help => "Network links, by name (at most 15 bytes).";

    /// <inheritdoc/>
    public override string NamePattern => "^(?![0-9]+$)[A-Za-z0-9._][A-Za-z0-9._-]{0,14}$";

    /// <inheritdoc/>
    public override IReadOnlyList<OwnedPattern> OwnedFiles { get; } =
    [
        new(BootFiles.NetworkdFolder, "05-cloudlet-", ".netdev"),
        new(BootFiles.NetworkdFolder, "05-cloudlet-", ".network"),
        new(BootFiles.NetworkdFolder, "06-cloudlet-", ".network"),
        new("/etc/systemd/networkd.conf.d", "50-cloudlet", ".conf"),
        new(BootFiles.UnitFolder, "cloudlet-link-", ".service"),
        new($"{BootFiles.UnitFolder}/multi-user.target.wants", "cloudlet-link-", ".service"),
        new("/etc/network/interfaces.d", "50-cloudlet", ""),
    ];

    /// <summary>A site file has one key for several kinds of links; specs have one property for each.</summary>
    public override IReadOnlyDictionary<string, string> RenamedKeys { get; } =
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["vlanId"] = "id",
            ["vxlanId"] = "id",
            ["vxlanLocal"] = "local",
            ["vxlanRemote"] = "remote",
            ["vxlanPort"] = "port",
            ["macvlanMode"] = "mode",
            ["bridgeStp"] = "stp",
        };

    internal override IJsonTypeInfoResolver Json => LinksJson.Default;

    internal override void Check(HostCheck host)
    {
        if (host.Host.Links is not { } links)
            return;
        var after = new AfterRules(host.Host, host.Report);
        foreach (var (name, link) in links)
        {
            LinkRules.Check(name, link, host.Report);
            after.Check(LinkSpec.IdOf(name), link.After, Section, name);
        }

        TopologyRules.Check(links, host.Report);
        RouteRules.Check(links, AddressRules.Check(links, host.Report), host.Report);
    }

    internal override IEnumerable<ResourceSpec> Compile(HostCompilation host)
    {
        var links = LinksCompiler.Compile(host.Host);
        host.TemplateValues["links"] = TemplateValueOf(links);
        return links.Select(static l => l.Link);
    }

    internal override LinkSpec Sort(LinkSpec spec) =>
        spec with
        {
            TakesOver = Set(spec.TakesOver),
            Addresses = Set(spec.Addresses),
            Routes = spec.Routes is null
                ? null
                :
                [
                    .. spec
                        .Routes.Distinct()
                        .OrderBy(r => r.To, StringComparer.Ordinal)
                        .ThenBy(r => r.Metric)
                        .ThenBy(r => r.Via, StringComparer.Ordinal),
                ],
        };

    internal override bool IsSound(LinkSpec spec) =>
        spec.Name is { Length: > 0 }
        && IsWhole(spec.Addresses)
        && (spec.Routes is null || spec.Routes.All(static r => r is { To: not null }));

    /// <summary>Values for templates: <c>links.NAME.ip</c>, name, kind, mac, mtu and addresses.</summary>
    private static ScriptObject TemplateValueOf(IReadOnlyList<BootLink> links)
    {
        var all = new ScriptObject();
        foreach (var (link, _) in links)
        {
            all[link.Name] = new ScriptObject
            {
                ["name"] = link.Name,
                ["kind"] = LinkKinds.NameOf(link.Kind),
                ["mac"] = link.Mac,
                ["mtu"] = link.Mtu,
                ["addresses"] = new ScriptArray(link.Addresses ?? []),
                ["ip"] = link.Addresses is [var first, ..] ? first[..first.IndexOf('/')] : null,
            };
        }

        return all;
    }
}

/// <summary>JSON metadata of the kind's section and spec, generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(IReadOnlyDictionary<string, LinkSection>))]
[JsonSerializable(typeof(LinkSpec))]
internal sealed partial class LinksJson : JsonSerializerContext;
