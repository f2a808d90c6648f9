using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Units;

/// <summary>Units, with their unit files and drop-ins.</summary>
internal static class UnitsCompiler
{
    private const string Folder = "/etc/systemd/system";

    public static IEnumerable<ResourceSpec> Compile(HostDescription host, ContentCompiler content, string[] after)
    {
        foreach (var (name, section) in host.Section.Units ?? new Dictionary<string, UnitSection>())
        {
            var files = FilesOf(name, section, content, after).ToList();
            foreach (var file in files)
                yield return file;

            string[] own = [.. files.Where(f => f.Kind == FileKind.File).Select(f => f.Path)];
            yield return Unit(name, section, own) with
            {
                After = [.. after, .. section.After ?? []],
            };
        }
    }

    private static UnitSpec Unit(string name, UnitSection section, string[] own)
    {
        var onChange = section.OnChange ?? OnChange.Restart;
        string[] loads = [.. section.Loads ?? [], .. own];
        var isWatched = section is { HungAfter: not null, Running: true };
        return new UnitSpec
        {
            Id = UnitSpec.IdOf(name),
            Name = name,
            Enabled = section.Enabled,
            Running = section.Running,
            Definition = UnitSpec.Current,

            // With `nothing`, a change takes effect at the next start, so the running process is as described.
            // A running unit has loaded at least its own unit file, described or not.
            Configuration = (loads.Length > 0 || section.Running == true) && onChange != OnChange.Nothing ? UnitSpec.Current : null,
            StartTimeoutSeconds = section.StartTimeout,
            Liveness = isWatched ? Liveness.Alive : null,
            HungAfterSeconds = isWatched ? section.HungAfter : null,
            Loads = loads.Length > 0 ? loads : null,
            OnChange = onChange,
            Mutable = section.Mutable is { Count: > 0 } mutable ? mutable : null,
            Asks = section.Asks,
        };
    }

    private static IEnumerable<FileSpec> FilesOf(string name, UnitSection section, ContentCompiler content, string[] after)
    {
        if (section.Content is { } unitFile)
            yield return File($"{Folder}/{name}", after).With(content.Inline(unitFile, ["units", name, "content"]));
        if (section.DropIns is not { Count: > 0 } dropIns)
            yield break;

        var folder = $"{Folder}/{name}.d";
        yield return new FileSpec
        {
            Id = FileSpec.IdOf(folder),
            Path = folder,
            Kind = FileKind.Directory,
            Mode = "0755",
            Owner = "root",
            Group = "root",
            After = after,
        };
        foreach (var (dropIn, text) in dropIns)
            yield return File($"{folder}/{dropIn}.conf", after).With(content.Inline(text, ["units", name, "dropIns", dropIn]));
    }

    private static FileSpec File(string path, string[] after) =>
        new()
        {
            Id = FileSpec.IdOf(path),
            Path = path,
            Kind = FileKind.File,
            Mode = "0644",
            Owner = "root",
            Group = "root",
            After = after,
        };
}
