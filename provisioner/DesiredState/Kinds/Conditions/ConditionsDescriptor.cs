using System.Globalization;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Conditions;

/// <summary>Conditions that an apply waits for.</summary>
public sealed class ConditionsDescriptor : SectionDescriptor<ConditionSpec, ConditionSection>
{
    /// <inheritdoc/>
    public override string Word => ConditionSpec.Word;

    /// <inheritdoc/>
    public override string Section => HostConditions.Key;

    /// <inheritdoc/>
    public override string Help =>
        "Conditions that an apply waits for, by name, such as a service of another host that answers; other resources come after "
        + "one with `after: [condition:NAME]`.";

    /// <inheritdoc/>
    public override string NamePattern => "^[A-Za-z0-9_.-]+$";

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> RenamedKeys { get; } =
        new Dictionary<string, string>(StringComparer.Ordinal) { ["timeoutSeconds"] = "timeout", ["restartAfterSeconds"] = "restartAfter" };

    internal override IJsonTypeInfoResolver Json => ConditionsJson.Default;

    internal override void Check(HostCheck host) => ConditionRules.Check(host.Host, host.Report);

    internal override IEnumerable<ResourceSpec> Compile(HostCompilation host) =>
        (In(host.Section) ?? new Dictionary<string, ConditionSection>()).Select(c => Compile(c.Key, c.Value));

    /// <summary>
    /// A condition comes after the unit that answers and the certificates that it is checked with. A restart of anything that it comes
    /// after may end an answer, so it is observed again after each.
    /// </summary>
    internal override ConditionSpec Complete(ConditionSpec spec, IReadOnlyDictionary<string, ResourceSpec> all)
    {
        string?[] known = [spec.RestartUnit is { } unit ? UnitSpec.IdOf(unit) : null, spec.CaFile is { } file ? FileSpec.IdOf(file) : null];
        string[] after = [.. spec.After.Union(known.OfType<string>().Where(all.ContainsKey))];
        return spec with { After = after, Watches = after };
    }

    internal override bool IsSound(ConditionSpec spec) => spec is { Name.Length: > 0, Target.Length: > 0 };

    private ConditionSpec Compile(string name, ConditionSection section) =>
        new()
        {
            Id = IdOf(name),
            Name = name,
            Kind =
                section.Http is not null ? ConditionKind.Http
                : section.Tcp is not null ? ConditionKind.Tcp
                : ConditionKind.Hostname,
            Target = section.Http ?? section.Tcp ?? section.Hostname ?? "",
            Expect = section.Expect?.ToString(CultureInfo.InvariantCulture),
            CaFile = section.CaFile,
            TimeoutSeconds =
                section.Timeout ?? (section.Hostname is null ? ConditionSpec.UsualTimeout : ConditionSpec.UsualHostnameTimeout),
            RestartUnit = section.RestartUnit,
            RestartAfterSeconds = section.RestartUnit is null ? null : section.RestartAfter ?? ConditionSpec.UsualRestartAfter,
            Met = true,
            After = section.After ?? [],
        };
}

/// <summary>JSON metadata of the kind's section and spec, generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(IReadOnlyDictionary<string, ConditionSection>))]
[JsonSerializable(typeof(ConditionSpec))]
internal sealed partial class ConditionsJson : JsonSerializerContext;
