using System.Text;
using Cloudlet.Errors;

namespace Cloudlet.Machine.Packages;

/// <summary>Entry of dpkg's database for one package.</summary>
/// <param name="Status">Third word of its Status field: <c>installed</c>, <c>half-configured</c>, <c>config-files</c>, …</param>
/// <param name="Version">Its version.</param>
/// <param name="Architecture">Its architecture.</param>
/// <param name="IsHeld">True when an operator holds it (apt-mark hold).</param>
internal sealed record DpkgEntry(string Status, string Version, string Architecture, bool IsHeld = false)
{
    /// <summary>
    /// True when it is installed and configured. A package that only waits for triggers works already (dpkg(1), package states).
    /// </summary>
    public bool IsInstalled => Status is "installed" or "triggers-pending" or "triggers-awaited";

    /// <summary>True when more of it than configuration files can be removed.</summary>
    public bool IsPresent => Status is not ("not-installed" or "config-files");
}

/// <summary>
/// Reads /var/lib/dpkg/status, the database that dpkg replaces atomically, and the journal in /var/lib/dpkg/updates of a running or killed
/// dpkg. The file has several megabytes, so it is searched as bytes and only the wanted paragraphs are parsed.
/// </summary>
internal sealed class DpkgStatus
{
    private readonly string _folder;

    public DpkgStatus(string root) => _folder = Path.Combine(root, "var/lib/dpkg");

    /// <summary>True when dpkg was killed, or is running: its journal is not merged yet. apt tests the same.</summary>
    public bool IsInterrupted => JournalFiles().Count > 0;

    /// <summary>Every entry of each wanted name (one per architecture); unknown names are left out.</summary>
    public Dictionary<string, List<DpkgEntry>> Find(IEnumerable<string> names)
    {
        var wanted = new HashSet<string>(names, StringComparer.Ordinal);
        var found = new Dictionary<string, List<DpkgEntry>>(StringComparer.Ordinal);
        if (wanted.Count == 0)
            return found;
        Scan(Read(Path.Combine(_folder, "status")), wanted, found);
        foreach (var file in JournalFiles())
            Scan(Read(file), wanted, found);
        return found;
    }

    /// <summary>
    /// Packages that a failed installation left half installed, with their state. Every further installation tries to finish them first.
    /// </summary>
    public IReadOnlyList<string> Unfinished()
    {
        var found = new List<string>();
        foreach (var paragraph in Encoding.UTF8.GetString(Read(Path.Combine(_folder, "status"))).Split("\n\n"))
        {
            var bytes = Encoding.UTF8.GetBytes('\n' + paragraph);
            var status = Field(bytes, "\nStatus: "u8).Split(' ');
            if (status is [_, var flag, var state] && (state is "half-installed" or "unpacked" or "half-configured" || flag == "reinstreq"))
                found.Add($"{Field(bytes, "\nPackage: "u8)} ({state})");
        }

        return found;
    }

    /// <summary>Adds the wanted paragraphs of a database text; a later entry of the same architecture replaces an earlier one.</summary>
    internal static void Scan(ReadOnlySpan<byte> text, HashSet<string> wanted, Dictionary<string, List<DpkgEntry>> found)
    {
        var lookup = wanted.GetAlternateLookup<ReadOnlySpan<char>>();
        Span<char> name = stackalloc char[256];
        var marker = "\nPackage: "u8;
        // Continuation lines begin with a space, so the marker is always the field itself.
        if (text.StartsWith(marker[1..]))
            text = Visit(text[(marker.Length - 1)..], name, lookup, found);
        while (text.IndexOf(marker) is var at and >= 0)
            text = Visit(text[(at + marker.Length)..], name, lookup, found);
    }

    /// <summary>Parses the paragraph of the next name; returns the text after it.</summary>
    private static ReadOnlySpan<byte> Visit(
        ReadOnlySpan<byte> text,
        scoped Span<char> buffer,
        HashSet<string>.AlternateLookup<ReadOnlySpan<char>> wanted,
        Dictionary<string, List<DpkgEntry>> found
    )
    {
        var end = text.IndexOf((byte)'\n');
        if (end < 0 || end > buffer.Length)
            return end < 0 ? [] : text[end..];
        var length = Encoding.Latin1.GetChars(text[..end], buffer);
        if (!wanted.TryGetValue(buffer[..length].TrimEnd(), out var name))
            return text[end..];

        var close = text.IndexOf("\n\n"u8);
        var entry = Parse(close < 0 ? text : text[..close]);
        if (!found.TryGetValue(name, out var entries))
            found[name] = entries = [];
        entries.RemoveAll(old => old.Architecture == entry.Architecture);
        entries.Add(entry);
        return text[end..];
    }

    private static DpkgEntry Parse(ReadOnlySpan<byte> paragraph)
    {
        var status = Field(paragraph, "\nStatus: "u8);
        return new DpkgEntry(
            status[(status.LastIndexOf(' ') + 1)..],
            Field(paragraph, "\nVersion: "u8),
            Field(paragraph, "\nArchitecture: "u8),
            status.StartsWith("hold ", StringComparison.Ordinal)
        );
    }

    private static string Field(ReadOnlySpan<byte> paragraph, ReadOnlySpan<byte> marker)
    {
        var at = paragraph.IndexOf(marker);
        if (at < 0)
            return "";
        var value = paragraph[(at + marker.Length)..];
        var end = value.IndexOf((byte)'\n');
        return Encoding.UTF8.GetString(end < 0 ? value : value[..end]).TrimEnd();
    }

    /// <summary>Journal files in the order they were written; their names are numbers of equal width.</summary>
    private List<string> JournalFiles()
    {
        var folder = Path.Combine(_folder, "updates");
        if (!Directory.Exists(folder))
            return [];
        var files = new List<string>();
        foreach (var file in Directory.EnumerateFiles(folder))
            if (!Path.GetFileName(file.AsSpan()).ContainsAnyExceptInRange('0', '9'))
                files.Add(file);
        files.Sort(StringComparer.Ordinal);
        return files;
    }

    private static byte[] Read(string file)
    {
        try
        {
            return File.ReadAllBytes(file);
        }
        catch (FileNotFoundException)
        {
            return []; // merged and removed by dpkg since we listed it
        }
        catch (DirectoryNotFoundException e)
        {
            throw new CloudletException(
                ErrorKind.Unsupported,
                $"There is no {file}: this host does not use dpkg. Packages can only be managed on Debian and its derivatives.",
                e
            );
        }
    }
}
