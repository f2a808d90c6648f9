using Cloudlet.Errors;
using Cloudlet.Machine.Files;

namespace Cloudlet.Resources.Kinds.Units.Configuration;

/// <summary>
/// Whether a process may load these files. It finds accidental damage: files that are missing, cut off, garbled or not text. The meaning
/// is checked by the program itself. Messages contain no content.
/// </summary>
/// <param name="files">The host's files.</param>
/// <param name="loaded">The same files, folders and links resolved.</param>
/// <param name="good">The state of the files when a process last loaded them, or null.</param>
internal sealed class ConfigurationLint(IHostFiles files, LoadedFiles loaded, UnitStamp? good)
{
    private const int MostLines = 3;

    /// <summary>
    /// Files that are text by their names, so that other content means damage; a program or a certificate store among the loaded files
    /// is not.
    /// </summary>
    private static readonly string[] TextExtensions = [".conf", ".ini", ".cnf", ".cfg", ".env", ".json", ".yaml", ".yml", ".toml", ".xml"];

    /// <summary>All problems, sorted by path.</summary>
    /// <param name="loads">The files that a process would load.</param>
    /// <param name="absent">Paths that may be missing.</param>
    public IEnumerable<string> Check(IReadOnlyList<string> loads, IReadOnlyList<string> absent) =>
        loads.Where(path => !StaleFile.IsUnitFile(path)).SelectMany(path => Path(path, absent.Contains(path)));

    private IEnumerable<string> Path(string path, bool mayBeMissing)
    {
        switch (loaded.Final(path))
        {
            case null:
                var wasThere = good?.Files.Keys.Any(f => LoadedFiles.AreIn([path], f)) == true;
                return wasThere && !mayBeMissing ? [$"{path}: it existed when the process was last started, and is missing now"] : [];
            case { Type: HostFileType.Directory }:
                return files
                    .List(path)
                    .Select(name => $"{path.TrimEnd('/')}/{name}")
                    .Where(f => loaded.Final(f)?.Type == HostFileType.Regular)
                    .SelectMany(Content);
            case { Type: HostFileType.Regular }:
                return Content(path);
            default:
                return IsNull(path) ? [] : [$"{path}: it is not a file or a folder"];
        }
    }

    /// <summary>An administrator disables a file with a link to /dev/null.</summary>
    private bool IsNull(string path) => files.Stat(path)?.Target == "/dev/null";

    private IEnumerable<string> Content(string path)
    {
        var before = good?.Files.GetValueOrDefault(path);
        try
        {
            return loaded.Read([path]).GetValueOrDefault(path) is { Content: { } content } ? Text(path, content, before) : [];
        }
        catch (CloudletException e) when (e.Kind is ErrorKind.PermissionDenied or ErrorKind.InvalidInput)
        {
            return [$"{path}: it cannot be read ({e.Message})"];
        }
    }

    private static IEnumerable<string> Text(string path, byte[] content, FileStamp? before)
    {
        var wereOptions = before?.Options is not null;
        if (!wereOptions && !TextExtensions.Any(e => path.EndsWith(e, StringComparison.Ordinal)))
            return [];
        if (ConfigurationText.Read(content) is not { } text)
            return [$"{path}: it is not UTF-8 text, or contains NUL bytes"];
        if (before?.Options is { Count: > 0 } && content.AsSpan().Trim(" \t\r\n"u8).IsEmpty)
            return [$"{path}: it is empty, and had {before.Options.Count} options when the process was last started"];
        return wereOptions || IsIni(path, text) ? Lines(path, text) : [];
    }

    /// <summary>
    /// Determined by name and content: dnsmasq.conf and qemu.conf look like INI files in part, but their other lines are valid there.
    /// </summary>
    private static bool IsIni(string path, ConfigurationText text) =>
        (path.EndsWith(".conf", StringComparison.Ordinal) || path.EndsWith(".ini", StringComparison.Ordinal))
        && text.HasSections
        && text.Understood >= text.Odd.Count;

    /// <summary>Lines that are certainly mistakes, each with its number.</summary>
    internal static IEnumerable<string> Lines(string path, ConfigurationText text)
    {
        var broken = text.Odd.Where(l => l.Problem is not null).ToList();
        return broken
            .Take(MostLines)
            .Select(l => $"{path}:{l.Number}: {l.Problem}")
            .Concat(broken.Count > MostLines ? [$"{path}: {broken.Count - MostLines} more lines like that"] : []);
    }
}
