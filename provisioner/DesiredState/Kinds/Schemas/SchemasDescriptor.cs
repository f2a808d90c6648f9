using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.DesiredState.Kinds.DatabaseAccounts;
using Cloudlet.DesiredState.Kinds.Databases;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Packages;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Schemas;

/// <summary>Tables of services of OpenStack.</summary>
public sealed class SchemasDescriptor : SectionDescriptor<SchemaSpec, SchemaSection?>
{
    /// <inheritdoc/>
    public override string Word => SchemaSpec.Word;

    /// <inheritdoc/>
    public override string Section => HostSchemas.Key;

    /// <inheritdoc/>
    public override string Help =>
        "Tables of services of OpenStack, by name: they are those of the installed release. They are never dropped.";

    /// <inheritdoc/>
    public override string NamePattern => "^[A-Za-z0-9_.][A-Za-z0-9_.-]*$";

    internal override IJsonTypeInfoResolver Json => SchemasJson.Default;

    internal override void Check(HostCheck host)
    {
        var owners = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, section) in In(host.Host) ?? new Dictionary<string, SchemaSection?>(StringComparer.Ordinal))
        {
            if (name.Length is 0 or > 64 || name[0] == '-' || !Names.HasOnly(name, "_.-"))
                host.Report.Key($"\"{name}\" is not a valid name of a schema: letters, digits, '_', '.' and '-'", Section, name);
            if (SchemaProject.Find(section?.Project ?? name) is not { } project)
                Unknown(section?.Project, name, host.Report);
            else
                Databases(name, section?.Databases, project, owners, host);
        }
    }

    internal override IEnumerable<ResourceSpec> Compile(HostCompilation host)
    {
        foreach (var (name, section) in In(host.Section) ?? new Dictionary<string, SchemaSection?>())
            yield return new SchemaSpec
            {
                Id = SchemaSpec.IdOf(name),
                Name = name,
                Project = section?.Project ?? name,
                Databases = section?.Databases ?? SchemaProject.Find(section?.Project ?? name)?.Databases ?? [],
                Version = SchemaSpec.Current,
                After = PackagesDescriptor.IdsOf(host.Section),
            };
    }

    /// <summary>
    /// Tables come after their databases, the accounts that use these, and the configuration that names both. Those of cells come after the
    /// cells, because Nova's command finds them there.
    /// </summary>
    internal override SchemaSpec Complete(SchemaSpec spec, IReadOnlyDictionary<string, ResourceSpec> all)
    {
        var databases = spec.Databases ?? [];
        var accounts = all
            .Values.OfType<DatabaseAccountSpec>()
            .Where(a => a.Databases?.Intersect(databases, StringComparer.Ordinal).Any() == true);
        string[] needed =
        [
            .. databases.Select(DatabaseSpec.IdOf),
            .. (SchemaProject.Find(spec.Project)?.Configuration ?? []).Select(FileSpec.IdOf),
        ];
        var cells = spec.Project == "nova" ? all.Keys.Where(static id => KindDescriptors.OfId(id)?.Word == SchemaProject.Cells) : [];
        return spec with { After = [.. spec.After, .. needed.Where(all.ContainsKey), .. accounts.Select(static a => a.Id), .. cells] };
    }

    internal override SchemaSpec Sort(SchemaSpec spec) => spec with { Databases = Set(spec.Databases) };

    internal override bool IsSound(SchemaSpec spec) => spec.Name is { Length: > 0 } && spec.Project is not null && IsWhole(spec.Databases);

    private void Unknown(string? project, string name, HostReport report)
    {
        var names = SchemaProject.All.Select(static p => p.Name).ToList();
        var message =
            $"is not a service with tables that we know{Spelling.Hint(project ?? name, names)}; write one of {string.Join(", ", names)}";
        if (project is null)
            report.Missing($"\"{name}\" {message}, under `project`", Section, name);
        else
            report.Value($"\"{project}\" {message}", Section, name, "project");
    }

    private void Databases(
        string name,
        IReadOnlyList<string>? databases,
        SchemaProject project,
        Dictionary<string, string> owners,
        HostCheck host
    )
    {
        string[] keys = databases is null ? [Section, name] : [Section, name, "databases"];
        if (databases is { Count: 0 })
            host.Report.Value("tables need a database; leave `databases` out for the usual ones", keys);
        foreach (var database in databases ?? project.Databases)
        {
            if (host.Host.Databases?.ContainsKey(database) != true && !host.Report.IsDamaged(HostDatabases.Key))
                host.Report.Value(
                    $"the database \"{database}\" is not declared; add it to `databases`"
                        + Spelling.Hint(database, host.Host.Databases?.Keys ?? []),
                    keys
                );
            else if (!owners.TryAdd(database, name))
                host.Report.Value($"the schema {owners[database]} is in the database {database} already", keys);
        }
    }
}

/// <summary>JSON metadata of the kind's section and spec, generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(IReadOnlyDictionary<string, SchemaSection?>))]
[JsonSerializable(typeof(SchemaSpec))]
internal sealed partial class SchemasJson : JsonSerializerContext;
