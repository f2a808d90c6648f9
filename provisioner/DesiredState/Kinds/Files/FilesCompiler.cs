using Cloudlet.DesiredState.Oslo;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Files;

/// <summary>Files, folders and symbolic links, with mode and owner written out.</summary>
internal static class FilesCompiler
{
    public static IEnumerable<ResourceSpec> Compile(HostDescription host, ContentCompiler content, string[] after, List<Problem> problems)
    {
        foreach (var (path, section) in host.Section.Files ?? new Dictionary<string, FileSection>())
            yield return Compile(path, section, content, problems, host) with
            {
                After = [.. section.Early == true ? [] : after, .. section.After ?? []],
            };
    }

    private static FileSpec Compile(string path, FileSection section, ContentCompiler content, List<Problem> problems, HostDescription host)
    {
        var spec = new FileSpec
        {
            Id = FileSpec.IdOf(path),
            Path = path,
            Kind = section switch
            {
                { Symlink: not null } => FileKind.Symlink,
                { Directory: true } => FileKind.Directory,
                _ => FileKind.File,
            },
            Owner = section.Owner ?? "root",
            Group = section.Group ?? "root",
        };
        return spec.Kind switch
        {
            // Linux stores no mode for a symbolic link.
            FileKind.Symlink => spec with { Target = section.Symlink },
            FileKind.Directory => spec with { Mode = Mode(section.Mode ?? "0755") },
            _ => WithContent(
                spec with
                {
                    Mode = Mode(section.Mode ?? "0644"),
                    Validate = section.Oslo?.Namespace,
                },
                section,
                content,
                problems,
                host
            ),
        };
    }

    private static FileSpec WithContent(
        FileSpec spec,
        FileSection section,
        ContentCompiler content,
        List<Problem> problems,
        HostDescription host
    )
    {
        if (section.Template is { } template)
            return spec.With(content.FromTemplate(template, section.Values, ["files", spec.Path, "template"]));
        if (section.Content is { } text)
            return spec.With(content.Inline(text, ["files", spec.Path, "content"]));
        if (section.Oslo?.Options is { } options)
            return spec.With(content.Inline(OsloText.Of(options), ["files", spec.Path, "oslo", "options"]));

        problems.Add(
            host.ProblemAt(
                "a file has `content`, `template` or `oslo`; a folder has `directory: true`, a symbolic link `symlink`",
                ["files", spec.Path]
            )
        );
        return spec;
    }

    private static string Mode(string text) => text.PadLeft(4, '0');

    /// <summary>The file with a content; unchanged when the content could not be compiled.</summary>
    public static FileSpec With(this FileSpec file, CompiledContent? content) =>
        content is null ? file : file with { Content = content.Text, Secrets = content.Secrets };
}
