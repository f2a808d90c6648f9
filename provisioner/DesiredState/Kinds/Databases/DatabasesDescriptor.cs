using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.DesiredState.Kinds.Packages;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Databases;

/// <summary>Databases of the host's MariaDB.</summary>
public sealed class DatabasesDescriptor : SectionDescriptor<DatabaseSpec, DatabaseSection?>
{
    /// <summary>Id of the server's unit, which a site may describe.</summary>
    internal static string ServerUnit { get; } = UnitSpec.IdOf("mariadb.service");

    /// <inheritdoc/>
    public override string Word => DatabaseSpec.Word;

    /// <inheritdoc/>
    public override string Section => HostDatabases.Key;

    /// <inheritdoc/>
    public override string Help =>
        "Databases of the host's MariaDB, by name; `name:` alone means that it exists. A database is never dropped.";

    /// <inheritdoc/>
    public override string NamePattern => "^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$";

    internal override IJsonTypeInfoResolver Json => DatabasesJson.Default;

    internal override void Check(HostCheck host) => DatabaseRules.Check(host.Host, host.Report);

    internal override IEnumerable<ResourceSpec> Compile(HostCompilation host)
    {
        foreach (var (name, section) in In(host.Section) ?? new Dictionary<string, DatabaseSection?>())
            yield return new DatabaseSpec
            {
                Id = DatabaseSpec.IdOf(name),
                Name = name,
                Charset = section?.Charset,
                Collation = section?.Collation,
                After = PackagesDescriptor.IdsOf(host.Section),
            };
    }

    /// <summary>A database comes after its server.</summary>
    internal override DatabaseSpec Complete(DatabaseSpec spec, IReadOnlyDictionary<string, ResourceSpec> all) =>
        all.ContainsKey(ServerUnit) ? spec with { After = [.. spec.After, ServerUnit] } : spec;

    internal override bool IsSound(DatabaseSpec spec) => spec.Name is { Length: > 0 };
}

/// <summary>JSON metadata of the kind's section and spec, generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(IReadOnlyDictionary<string, DatabaseSection?>))]
[JsonSerializable(typeof(DatabaseSpec))]
internal sealed partial class DatabasesJson : JsonSerializerContext;
