using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Modules;

/// <summary>Kernel modules.</summary>
public sealed class ModulesDescriptor : SectionDescriptor<ModuleSpec, ModuleSection?>
{
    /// <inheritdoc/>
    public override string Word => ModuleSpec.Word;

    /// <inheritdoc/>
    public override string Section => HostModules.Key;

    /// <inheritdoc/>
    public override string Help => "Kernel modules to load now and at boot, by name.";

    /// <inheritdoc/>
    public override string NamePattern => "^[A-Za-z0-9_][A-Za-z0-9_-]*$";

    /// <inheritdoc/>
    public override IReadOnlyList<OwnedPattern> OwnedFiles { get; } =
    [new("/etc/modules-load.d", "50-cloudlet", ".conf"), new("/etc/modprobe.d", "50-cloudlet-", ".conf")];

    internal override IJsonTypeInfoResolver Json => ModulesJson.Default;

    internal override void Check(HostCheck host) => ModuleRules.Check(host.Host, host.Report);

    internal override IEnumerable<ResourceSpec> Compile(HostCompilation host) => ModulesCompiler.Compile(host.Section.Modules);

    internal override bool IsSound(ModuleSpec spec) => spec.Name is { Length: > 0 };
}

/// <summary>JSON metadata of the kind's section and spec, generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(IReadOnlyDictionary<string, ModuleSection?>))]
[JsonSerializable(typeof(ModuleSpec))]
internal sealed partial class ModulesJson : JsonSerializerContext;
