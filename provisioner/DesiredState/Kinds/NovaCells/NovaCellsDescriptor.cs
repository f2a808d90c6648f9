using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.DesiredState.Kinds.Databases;
using Cloudlet.DesiredState.Kinds.Packages;
using Cloudlet.DesiredState.Kinds.Schemas;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.NovaCells;

/// <summary>Cells of Nova, as its API database lists them.</summary>
public sealed class NovaCellsDescriptor : SectionDescriptor<NovaCellSpec, NovaCellSection?>
{
    private const string Cell = "nova";
    private const string CellZero = "nova_cell0";
    private const string Api = "nova_api";

    /// <summary>
    /// Nova fills in the parts from its own configuration when it reads the mapping (cells guide, "Template URLs in cell mappings"), so a
    /// changed password needs no change here.
    /// </summary>
    private const string BrokerOfConfiguration = "{scheme}://{username}:{password}@{hostname}:{port}/{path}?{query}";

    /// <inheritdoc/>
    public override string Word => NovaCellSpec.Word;

    /// <inheritdoc/>
    public override string Section => "novaCells";

    /// <inheritdoc/>
    public override string Help => "Cells of Nova, by name; cell0 holds servers that no host could take. They are never removed.";

    /// <inheritdoc/>
    public override string NamePattern => "^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$";

    internal override IJsonTypeInfoResolver Json => NovaCellsJson.Default;

    internal override void Check(HostCheck host)
    {
        foreach (var (name, cell) in In(host.Host) ?? new Dictionary<string, NovaCellSection?>(StringComparer.Ordinal))
        {
            if (name.Length is 0 or > 64 || name[0] == '-' || !Names.HasOnly(name, "_-"))
                host.Report.Key($"\"{name}\" is not a valid name of a cell: letters, digits, '_' and '-'", Section, name);
            Database(cell?.Database, "database", name, host);
            Database(cell?.ApiDatabase, "apiDatabase", name, host);
            if (name == NovaCellSpec.Zero && cell?.Disabled == true)
                host.Report.Value("cell0 cannot be disabled: Nova needs it", Section, name, "disabled");
        }
    }

    internal override IEnumerable<ResourceSpec> Compile(HostCompilation host)
    {
        foreach (var (name, section) in In(host.Section) ?? new Dictionary<string, NovaCellSection?>())
        {
            var isZero = name == NovaCellSpec.Zero;
            var database = section?.Database ?? (isZero ? CellZero : Cell);
            yield return new NovaCellSpec
            {
                Id = NovaCellSpec.IdOf(name),
                Name = name,
                ApiDatabase = section?.ApiDatabase ?? Api,
                Connection = $"{{scheme}}://{{username}}:{{password}}@{{hostname}}/{database}?{{query}}",
                Transport = isZero ? "none:///" : BrokerOfConfiguration,
                Disabled = section?.Disabled ?? false,
                After = PackagesDescriptor.IdsOf(host.Section),
            };
        }
    }

    /// <summary>A cell comes after the tables that list it.</summary>
    internal override NovaCellSpec Complete(NovaCellSpec spec, IReadOnlyDictionary<string, ResourceSpec> all) =>
        spec with
        {
            After =
            [
                .. spec.After,
                .. all.Values.OfType<SchemaSpec>().Where(s => s.Databases?.Contains(spec.ApiDatabase) == true).Select(static s => s.Id),
            ],
        };

    internal override bool IsSound(NovaCellSpec spec) => spec is { Name.Length: > 0, ApiDatabase.Length: > 0 };

    private void Database(string? database, string key, string cell, HostCheck host)
    {
        if (database is not null && host.Host.Databases?.ContainsKey(database) != true && !host.Report.IsDamaged(HostDatabases.Key))
            host.Report.Value(
                $"the database \"{database}\" is not declared; add it to `databases`"
                    + Spelling.Hint(database, host.Host.Databases?.Keys ?? []),
                Section,
                cell,
                key
            );
    }
}

/// <summary>JSON metadata of the kind's section and spec, generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(IReadOnlyDictionary<string, NovaCellSection?>))]
[JsonSerializable(typeof(NovaCellSpec))]
internal sealed partial class NovaCellsJson : JsonSerializerContext;
