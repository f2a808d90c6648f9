using Cloudlet.DesiredState.Kinds.Secrets;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Files;

/// <summary>Rules for files, folders and symbolic links.</summary>
internal static class FileRules
{
    private static readonly string[] KernelFolders = ["/proc", "/sys", "/dev"];

    public static void Check(HostSection host, HostReport report, ISiteFiles siteFiles)
    {
        var after = new AfterRules(host, report);
        foreach (var (path, file) in host.Files ?? new Dictionary<string, FileSection>(StringComparer.Ordinal))
        {
            Location(path, host, report);
            Content(path, file, host, report, siteFiles);
            Attributes(path, file, report);
            if (file.Early == true)
                Early(path, file, host, report);
            foreach (var name in file.Values?.Keys ?? [])
                SecretRules.Identifier(name, report, "files", path, "values", name);
            after.Check(FileSpec.IdOf(path), file.After, "files", path);
        }
    }

    private static void Location(string path, HostSection host, HostReport report)
    {
        if (Names.PathError(path) is { } error)
        {
            report.Key(error, "files", path);
            return;
        }

        if (path == "/")
            report.Key("every host has the root folder; describe its content instead", "files", path);
        if (
            SecretSpec.IdAt(path) is { } id
            && KindDescriptors.NameIn(id) is var name
            && host.Secrets?.GetValueOrDefault(name)?.Source is not null
        )
            report.Key(
                $"the secret \"{name}\" ({report.PlaceOf(HostSecrets.Key, name)}) has its file here, which is " + "described there only",
                "files",
                path
            );
        foreach (var folder in KernelFolders)
        {
            if (path == folder || path.StartsWith(folder + "/", StringComparison.Ordinal))
                report.Key($"{folder} belongs to the kernel; files cannot be managed there", "files", path);
        }

        for (var above = Path.GetDirectoryName(path); above is { Length: > 1 }; above = Path.GetDirectoryName(above))
        {
            if (host.Files!.TryGetValue(above, out var upper) && upper.Directory is not true && IsDescribed(upper))
                report.Key(
                    $"{above} is declared as a {(upper.Symlink is null ? "file" : "symbolic link")} "
                        + $"({report.PlaceOf("files", above)}), so nothing can be below it",
                    "files",
                    path
                );
        }
    }

    private static bool IsDescribed(FileSection file) =>
        file.Content is not null || file.Template is not null || file.Oslo is not null || file.Symlink is not null;

    private static void Content(string path, FileSection file, HostSection host, HostReport report, ISiteFiles siteFiles)
    {
        var given = new List<string>(5);
        if (file.Content is not null)
            given.Add("content");
        if (file.Template is not null)
            given.Add("template");
        if (file.Oslo?.Options is not null)
            given.Add("oslo");
        if (file.Symlink is not null)
            given.Add("symlink");
        if (file.Directory is true)
            given.Add("directory");
        if (given.Count == 0)
            report.Missing("specify one of content, template, oslo, symlink, or directory: true", "files", path);
        else if (given.Count > 1)
            report.Key($"{string.Join(" and ", given)} exclude each other; remove an inherited one with ~", "files", path, given[1]);
        if (file.Directory is false)
            report.Value("only true is allowed for a folder; otherwise remove it", "files", path, "directory");
        if (file.Symlink is { Length: 0 })
            report.Value("a symbolic link needs a target", "files", path, "symlink");
        if (file.Values is not null && file.Template is null)
            report.Key("values are only valid with a template", "files", path, "values");
        if (file.Content is not null)
            SecretRules.References(file.Content, host, report, "files", path, "content");
        if (file.Template is not null)
            Template(path, file.Template, report, siteFiles);
        if (file.Oslo is not null)
            OsloRules.Check(path, file, host, report);
    }

    /// <summary>What an early file needs must not come after the packages, and must not be brought by one.</summary>
    private static void Early(string path, FileSection file, HostSection host, HostReport report)
    {
        if (file.Oslo is not null)
            report.Key(
                "`early` excludes `oslo`: the installed release checks the options, and the packages come after an early file",
                "files",
                path,
                "early"
            );
        IEnumerable<string> needed = file.Symlink is { Length: > 0 } target
            ? [Path.GetFullPath(target, Path.GetDirectoryName(path) ?? "/")]
            : [];
        for (var above = Path.GetDirectoryName(path); above is { Length: > 1 }; above = Path.GetDirectoryName(above))
            needed = needed.Append(above);
        foreach (var other in needed)
            if (host.Files!.TryGetValue(other, out var section) && section.Early != true)
                report.Key(
                    $"it needs {other}, which is described without `early` ({report.PlaceOf("files", other)}) and so comes after the "
                        + "packages; add `early: true` there, too",
                    "files",
                    path,
                    "early"
                );
    }

    private static void Template(string path, string template, HostReport report, ISiteFiles siteFiles)
    {
        string[] keys = ["files", path, "template"];
        if (template.Length == 0)
        {
            report.Value("a template needs a path", keys);
            return;
        }

        var resolved = SitePaths.Resolve(report.PlaceOf(keys).File, template);
        try
        {
            if (siteFiles.ReadText(resolved) is null)
                report.Value($"template {resolved} does not exist; its path is relative to the site file that names it", keys);
        }
        catch (IOException e)
        {
            report.Value($"the template {resolved} cannot be read: {e.Message}", keys);
        }
    }

    private static void Attributes(string path, FileSection file, HostReport report)
    {
        if (file.Mode is not null && !AttributeRules.IsMode(file.Mode))
            report.Value($"\"{file.Mode}\" is not a valid mode; write three or four octal digits such as \"0644\"", "files", path, "mode");
        if (file.Mode is not null && file.Symlink is not null)
            report.Key("a symbolic link has no mode of its own", "files", path, "mode");
        AttributeRules.Accounts(file.Owner, file.Group, report, "files", path);
    }
}
