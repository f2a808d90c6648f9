using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.DesiredState.Kinds.Packages;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.OvsSettings;

/// <summary>Settings of the host's Open vSwitch.</summary>
public sealed class OvsSettingsDescriptor : SectionDescriptor<OvsSettingSpec, string>
{
    /// <summary>Longest key and value, in characters.</summary>
    private const int Longest = 1000;

    /// <summary>Id of the database's unit, which a site may describe.</summary>
    internal static string ServerUnit { get; } = UnitSpec.IdOf("ovsdb-server.service");

    /// <inheritdoc/>
    public override string Word => OvsSettingSpec.Word;

    /// <inheritdoc/>
    public override string Section => "ovsSettings";

    /// <inheritdoc/>
    public override string Help =>
        "Settings of the host's Open vSwitch by column and key, e.g. external_ids:ovn-encap-type: geneve (ovs-vswitchd.conf.db(5)).";

    /// <inheritdoc/>
    public override string NamePattern => "^(external_ids|other_config):[A-Za-z0-9_.-]+$";

    internal override IJsonTypeInfoResolver Json => OvsSettingsJson.Default;

    internal override void Check(HostCheck host)
    {
        foreach (var (name, value) in In(host.Host) ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            var colon = name.IndexOf(':', StringComparison.Ordinal);
            if (
                colon < 0
                || !OvsSettingSpec.Columns.Contains(name[..colon])
                || name.Length - colon is < 2 or > Longest
                || !Names.HasOnly(name[(colon + 1)..], "_.-")
            )
                host.Report.Key(
                    $"\"{name}\" is not a valid setting of Open vSwitch: expected external_ids:KEY or other_config:KEY",
                    Section,
                    name
                );
            if (value is not { Length: > 0 and <= Longest } || value.Any(char.IsControl))
                host.Report.Value($"the value of a setting is one line of 1 to {Longest} characters", Section, name);
        }
    }

    internal override IEnumerable<ResourceSpec> Compile(HostCompilation host)
    {
        foreach (var (name, value) in In(host.Section) ?? new Dictionary<string, string>())
            yield return new OvsSettingSpec
            {
                Id = OvsSettingSpec.IdOf(name),
                Name = name,
                Value = value,
                After = PackagesDescriptor.IdsOf(host.Section),
            };
    }

    /// <summary>A setting comes after the database.</summary>
    internal override OvsSettingSpec Complete(OvsSettingSpec spec, IReadOnlyDictionary<string, ResourceSpec> all) =>
        all.ContainsKey(ServerUnit) ? spec with { After = [.. spec.After, ServerUnit] } : spec;

    internal override bool IsSound(OvsSettingSpec spec) => spec.Name is { } name && name.Contains(':', StringComparison.Ordinal);
}

/// <summary>JSON metadata of the kind's section and spec, generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
[JsonSerializable(typeof(OvsSettingSpec))]
internal sealed partial class OvsSettingsJson : JsonSerializerContext;
