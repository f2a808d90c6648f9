using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Packages;

/// <summary>Packages of the distribution.</summary>
public sealed class PackagesDescriptor : SectionDescriptor<PackageSpec, PackageSection?>
{
    /// <inheritdoc/>
    public override string Word => PackageSpec.Word;

    /// <inheritdoc/>
    public override string Section => HostPackages.Key;

    /// <inheritdoc/>
    public override string Help => "Packages of the distribution, by name; `name:` alone means installed, in any version.";

    /// <inheritdoc/>
    public override string NamePattern => "^[a-z0-9][a-z0-9+.-]+$";

    internal override IJsonTypeInfoResolver Json => PackagesJson.Default;

    internal override void Check(HostCheck host) => PackageRules.Check(host.Host, host.Report);

    internal override IEnumerable<ResourceSpec> Compile(HostCompilation host) => PackagesCompiler.Compile(host.Section);

    /// <summary>A package that a part of the host needs may also be declared, to give its version.</summary>
    internal override PackageSpec Combine(PackageSpec generated, PackageSpec declared) =>
        declared with
        {
            After = [.. declared.After.Union(generated.After)],
        };

    internal override bool IsSound(PackageSpec spec) => spec.Name is { Length: > 0 };

    /// <summary>Ids of all packages: one may bring the user, folder or unit that a described file or unit needs.</summary>
    internal static string[] IdsOf(HostSection host) => [.. host.Packages?.Keys.Select(PackageSpec.IdOf) ?? []];
}

/// <summary>JSON metadata of the kind's section and spec, generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(IReadOnlyDictionary<string, PackageSection?>))]
[JsonSerializable(typeof(PackageSpec))]
internal sealed partial class PackagesJson : JsonSerializerContext;
