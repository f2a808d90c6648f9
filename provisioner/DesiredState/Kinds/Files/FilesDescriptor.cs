using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Files;

/// <summary>Files, folders and symbolic links.</summary>
public sealed class FilesDescriptor : SectionDescriptor<FileSpec, FileSection>
{
    /// <inheritdoc/>
    public override string Word => FileSpec.Word;

    /// <inheritdoc/>
    public override string Section => HostFiles.Key;

    /// <inheritdoc/>
    public override string NameHint => "/PATH";

    /// <inheritdoc/>
    public override string Help => "Files, folders and symbolic links, by absolute path.";

    /// <inheritdoc/>
    public override string NamePattern => "^/.+";

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> RenamedKeys { get; } =
        new Dictionary<string, string>(StringComparer.Ordinal) { ["target"] = "symlink" };

    internal override IJsonTypeInfoResolver Json => FilesJson.Default;

    internal override void Check(HostCheck host) => FileRules.Check(host.Host, host.Report, host.Files);

    internal override HostSection WithResolvedPaths(HostSection host, HostTree tree)
    {
        if (host.Files is not { } sections)
            return host;
        var files = new Dictionary<string, FileSection>(sections.Count, StringComparer.Ordinal);
        foreach (var (path, file) in sections)
        {
            var template = file.Template is null
                ? null
                : SitePaths.Resolve(tree.Find(["files", path, "template"]).Value.File, file.Template);
            files.Add(path, file with { Template = template });
        }

        return host with
        {
            Files = files,
        };
    }

    internal override IEnumerable<ResourceSpec> Compile(HostCompilation host) =>
        FilesCompiler.Compile(host.Host, host.Content, Packages.PackagesDescriptor.IdsOf(host.Section), host.Problems);

    internal override IEnumerable<string> BeforePackages(HostSection host) =>
        host.Files?.Where(static f => f.Value.Early == true).Select(static f => FileSpec.IdOf(f.Key)) ?? [];

    /// <summary>A file depends on its folder and its secrets, a symbolic link on its target; it follows a new secret.</summary>
    internal override FileSpec Complete(FileSpec spec, IReadOnlyDictionary<string, ResourceSpec> all)
    {
        string[] secrets = [.. (spec.Secrets?.Values ?? []).SelectMany(path => SecretFiles.SecretIdsOf(path, all))];
        return spec with
        {
            After =
            [
                .. spec.After,
                .. TargetOf(spec).Where(all.ContainsKey),
                .. FoldersOf(spec).Where(all.ContainsKey).Take(1),
                .. secrets,
            ],
            Watches = [.. spec.Watches, .. secrets],
        };
    }

    internal override FileSpec Sort(FileSpec spec) =>
        spec.Secrets is { } secrets
            ? spec with
            {
                Secrets = new SortedDictionary<string, string>(secrets.ToDictionary(), StringComparer.Ordinal),
            }
            : spec;

    internal override FileSpec? Combine(FileSpec generated, FileSpec declared) =>
        generated == declared || (generated.Kind == FileKind.Directory && declared.Kind == FileKind.Directory) ? declared : null;

    internal override bool IsSound(FileSpec spec) =>
        spec.Path is ['/', ..] && (spec.Secrets is null || spec.Secrets.Values.All(static v => v is not null));

    private static string[] TargetOf(FileSpec file) =>
        file is { Kind: FileKind.Symlink, Target: { } target }
            ? [FileSpec.IdOf(Path.GetFullPath(target, Path.GetDirectoryName(file.Path) ?? "/"))]
            : [];

    private static IEnumerable<string> FoldersOf(FileSpec file)
    {
        for (var folder = Path.GetDirectoryName(file.Path); folder is not null; folder = Path.GetDirectoryName(folder))
            yield return FileSpec.IdOf(folder);
    }
}

/// <summary>JSON metadata of the kind's section and spec, generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(IReadOnlyDictionary<string, FileSection>))]
[JsonSerializable(typeof(FileSpec))]
internal sealed partial class FilesJson : JsonSerializerContext;
