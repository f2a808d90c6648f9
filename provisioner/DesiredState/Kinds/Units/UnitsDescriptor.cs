using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Secrets;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Units;

/// <summary>Units of the service manager, with their unit files and drop-ins.</summary>
public sealed class UnitsDescriptor : SectionDescriptor<UnitSpec, UnitSection>
{
    /// <inheritdoc/>
    public override string Word => UnitSpec.Word;

    /// <inheritdoc/>
    public override string Section => HostUnits.Key;

    /// <inheritdoc/>
    public override string Help => "Units of the service manager, by name with suffix.";

    /// <inheritdoc/>
    public override string NamePattern => "\\.(service|socket|timer|target|path|mount|automount|slice|swap)$";

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> RenamedKeys { get; } =
        new Dictionary<string, string>(StringComparer.Ordinal) { ["hungAfterSeconds"] = "hungAfter" };

    internal override IJsonTypeInfoResolver Json => UnitsJson.Default;

    internal override void Check(HostCheck host) => UnitRules.Check(host.Host, host.Report);

    internal override IEnumerable<ResourceSpec> Compile(HostCompilation host) =>
        UnitsCompiler.Compile(host.Host, host.Content, Packages.PackagesDescriptor.IdsOf(host.Section));

    /// <summary>
    /// A unit depends on its unit file, its template's, drop-ins and the files it loads, wherever they are described, and is observed again
    /// when they change; and on the files that those name, such as an environment file or its program. Removals are done in reverse order:
    /// a unit stops before any of them is removed.
    /// </summary>
    internal override UnitSpec Complete(UnitSpec spec, IReadOnlyDictionary<string, ResourceSpec> all)
    {
        var files = all.Values.OfType<FileSpec>().Where(static f => f.Kind != FileKind.Directory).ToList();
        var made = files.FindAll(f => UnitPaths.IsFileOf(f.Path, spec.Name));
        string[] loaded =
        [
            .. made.Concat(files.Where(f => Loads(spec, f.Path)))
                .Select(static f => f.Id)
                .Union((spec.Loads ?? []).Select(FileSpec.IdOf).Where(all.ContainsKey)),
        ];
        var named = files.Where(f => made.Exists(m => m.Content is { } text && Names(text, f.Path))).Select(static f => f.Id);
        var secrets = all.Values.OfType<SecretSpec>().ToLookup(s => Loads(spec, SecretSource.PathOf(s.Name)));
        var namedSecrets = secrets[false].Where(s => made.Exists(m => m.Content is { } text && Names(text, SecretSource.PathOf(s.Name))));
        var loadedSecrets = secrets[true].Select(static s => s.Id);
        return spec with
        {
            After = [.. spec.After.Union(loaded).Union(named).Union(loadedSecrets).Union(namedSecrets.Select(static s => s.Id))],
            Watches = [.. spec.Watches.Union(loaded).Union(loadedSecrets)],
        };
    }

    internal override UnitSpec Sort(UnitSpec spec) =>
        spec with
        {
            Loads = Set(spec.Loads),
            Mutable = Set(spec.Mutable),
            Absent = Set(spec.Absent),
        };

    internal override UnitSpec? Combine(UnitSpec generated, UnitSpec declared) =>
        declared with
        {
            Enabled = declared.Enabled ?? generated.Enabled,
            Running = declared.Running ?? generated.Running,
            Configuration = declared.Configuration ?? generated.Configuration,
            Loads = [.. declared.Loads ?? [], .. generated.Loads ?? []],
            After = [.. declared.After, .. generated.After],
            Watches = [.. declared.Watches, .. generated.Watches],
        };

    internal override bool IsSound(UnitSpec spec) =>
        spec.Name is { Length: > 0 } && IsWhole(spec.Loads) && IsWhole(spec.Mutable) && IsWhole(spec.Absent);

    /// <summary>Loading a folder includes its content.</summary>
    private static bool Loads(UnitSpec unit, string path) =>
        unit.Loads?.Any(l => path == l || path.StartsWith($"{l.TrimEnd('/')}/", StringComparison.Ordinal)) == true;

    /// <summary>
    /// Whether a text contains the path, not as a part of a longer one. A prefix is allowed, as in
    /// <c>EnvironmentFile=-/etc/x</c>.
    /// </summary>
    private static bool Names(string text, string path)
    {
        for (var at = text.IndexOf(path, StringComparison.Ordinal); at >= 0; at = text.IndexOf(path, at + 1, StringComparison.Ordinal))
            if (
                (at == 0 || text[at - 1] is '-' or '+' or '@' || !IsOfPath(text[at - 1]))
                && (at + path.Length == text.Length || !IsOfPath(text[at + path.Length]))
            )
                return true;
        return false;
    }

    private static bool IsOfPath(char c) => char.IsLetterOrDigit(c) || c is '/' or '.' or '_' or '-' or '+' or '@' or '~';
}

/// <summary>JSON metadata of the kind's section and spec, generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(IReadOnlyDictionary<string, UnitSection>))]
[JsonSerializable(typeof(UnitSpec))]
internal sealed partial class UnitsJson : JsonSerializerContext;
