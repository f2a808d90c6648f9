using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.DesiredState.Kinds.OvsSettings;
using Cloudlet.DesiredState.Kinds.Packages;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.OvsBridges;

/// <summary>Bridges of the host's Open vSwitch.</summary>
public sealed class OvsBridgesDescriptor : SectionDescriptor<OvsBridgeSpec, OvsBridgeSection?>
{
    /// <summary>Id of the unit that makes the links of bridges.</summary>
    internal const string SwitchUnit = "unit:ovs-vswitchd.service";

    private const string Key = "ovsBridges";

    private static readonly string[] Datapaths = ["netdev", "system"];
    private static readonly string[] FailModes = ["secure", "standalone"];

    /// <inheritdoc/>
    public override string Word => OvsBridgeSpec.Word;

    /// <inheritdoc/>
    public override string Section => Key;

    /// <inheritdoc/>
    public override string Help => "Bridges of the host's Open vSwitch, by name, with links of the host as ports.";

    /// <inheritdoc/>
    public override string NamePattern => "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$";

    internal override IJsonTypeInfoResolver Json => OvsBridgesJson.Default;

    /// <summary>Links that are the own ports of described bridges: they exist once Open vSwitch runs.</summary>
    internal static IEnumerable<string> OwnPorts(HostSection host) =>
        host.Section<OvsBridgeSection?>(Key)?.Keys.Where(name => host.Links?.ContainsKey(name) == true) ?? [];

    internal override void Check(HostCheck host)
    {
        var bridges = In(host.Host) ?? new Dictionary<string, OvsBridgeSection?>(StringComparer.Ordinal);
        var holders = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, bridge) in bridges)
        {
            if (Names.LinkError(name) is { } error)
                host.Report.Key(error, Section, name);
            else if (host.Host.Links?.GetValueOrDefault(name) is { } link && link.Kind != LinkKind.Existing)
                host.Report.Key(
                    $"the link {name} is declared under links; a bridge of Open vSwitch needs a name of its own. Its own port gets "
                        + "addresses as a link with `kind: existing`",
                    Section,
                    name
                );
            OneOf(bridge?.Datapath, Datapaths, "datapath", name, host.Report);
            OneOf(bridge?.FailMode, FailModes, "failMode", name, host.Report);
            foreach (var port in bridge?.Ports ?? [])
                if (Names.LinkError(port) is { } wrong)
                    host.Report.Value(wrong, Section, name, "ports");
                else if (bridges.ContainsKey(port))
                    host.Report.Value($"{port} is a bridge itself", Section, name, "ports");
                else if (!holders.TryAdd(port, name))
                    host.Report.Value($"{port} is already a port of {holders[port]}", Section, name, "ports");
        }
    }

    internal override IEnumerable<ResourceSpec> Compile(HostCompilation host)
    {
        foreach (var (name, section) in In(host.Section) ?? new Dictionary<string, OvsBridgeSection?>())
            yield return new OvsBridgeSpec
            {
                Id = OvsBridgeSpec.IdOf(name),
                Name = name,
                Datapath = section?.Datapath,
                FailMode = section?.FailMode,
                Ports = section?.Ports,
                After = PackagesDescriptor.IdsOf(host.Section),
            };
    }

    /// <summary>A bridge comes after the database and the links that are its ports.</summary>
    internal override OvsBridgeSpec Complete(OvsBridgeSpec spec, IReadOnlyDictionary<string, ResourceSpec> all) =>
        spec with
        {
            After =
            [
                .. spec.After,
                .. (spec.Ports ?? []).Select(LinkSpec.IdOf).Append(OvsSettingsDescriptor.ServerUnit).Where(all.ContainsKey),
            ],
        };

    internal override OvsBridgeSpec Sort(OvsBridgeSpec spec) => spec with { Ports = Set(spec.Ports) };

    internal override bool IsSound(OvsBridgeSpec spec) => spec.Name is { Length: > 0 } && IsWhole(spec.Ports);

    private void OneOf(string? value, string[] words, string key, string bridge, HostReport report)
    {
        if (value is not null && !words.Contains(value))
            report.Value($"\"{value}\" is not valid; expected {string.Join(" or ", words)}", Section, bridge, key);
    }
}

/// <summary>JSON metadata of the kind's section and spec, generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(IReadOnlyDictionary<string, OvsBridgeSection?>))]
[JsonSerializable(typeof(OvsBridgeSpec))]
internal sealed partial class OvsBridgesJson : JsonSerializerContext;
