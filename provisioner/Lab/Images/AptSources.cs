namespace Cloudlet.Lab.Images;

/// <summary>
/// The Debian mirrors and Acquire options (proxy, date checks) that this machine's apt uses, in the forms that mmdebstrap accepts, so that
/// an image is built from the same sources. Formats: sources.list(5), apt.conf(5).
/// </summary>
internal sealed record AptSources(IReadOnlyList<string> Lines, IReadOnlyList<string> OptionFiles)
{
    /// <summary>
    /// Reads a machine's apt folder. No lines when it has no source of the release: mmdebstrap then uses Debian's mirrors.
    /// </summary>
    public static AptSources Read(string aptFolder, string release)
    {
        var lines = new List<string>();
        foreach (var file in FilesOf(Path.Combine(aptFolder, "sources.list"), Path.Combine(aptFolder, "sources.list.d")))
        {
            var text = File.ReadAllLines(file);
            if (file.EndsWith(".list", StringComparison.Ordinal))
                lines.AddRange(OneLineEntries(text, release));
            else if (file.EndsWith(".sources", StringComparison.Ordinal))
                lines.AddRange(StanzaEntries(text, release));
        }

        var options = FilesOf(Path.Combine(aptFolder, "apt.conf"), Path.Combine(aptFolder, "apt.conf.d")).Where(HasOnlyAcquireOptions);
        return new AptSources(lines.Distinct().ToList(), options.ToList());
    }

    /// <summary>Entries of the release in one-line style.</summary>
    internal static IEnumerable<string> OneLineEntries(IEnumerable<string> lines, string release)
    {
        foreach (var line in lines)
        {
            var words = line.Split('#')[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 4 || words[0] != "deb")
                continue;
            var suite = words[1].StartsWith('[') ? Array.FindIndex(words, w => w.EndsWith(']')) + 2 : 2;
            if (suite < words.Length && IsOfRelease(words[suite], release))
                yield return string.Join(' ', words);
        }
    }

    /// <summary>Entries of the release in deb822 style, as one-line entries.</summary>
    internal static IEnumerable<string> StanzaEntries(IEnumerable<string> lines, string release)
    {
        foreach (var stanza in Stanzas(lines))
        {
            if (!Words(stanza, "Types").Contains("deb") || Words(stanza, "Enabled") is ["no"])
                continue;
            var options = new List<string>();
            if (Words(stanza, "Signed-By") is [['/', ..] keyring])
                options.Add($"signed-by={keyring}");
            if (Words(stanza, "Trusted") is ["yes"])
                options.Add("trusted=yes");
            var bracket = options.Count > 0 ? $"[{string.Join(' ', options)}] " : "";
            foreach (var uri in Words(stanza, "URIs"))
            foreach (var suite in Words(stanza, "Suites"))
                if (IsOfRelease(suite, release))
                    yield return $"deb {bracket}{uri} {suite} {string.Join(' ', Words(stanza, "Components"))}";
        }
    }

    // Debian's suites are the release and its pockets; third-party ones have other names.
    private static bool IsOfRelease(string suite, string release) =>
        suite == release || suite == $"{release}-updates" || suite == $"{release}-security" || suite == $"{release}-backports";

    private static string[] Words(Dictionary<string, string> stanza, string field) =>
        stanza.TryGetValue(field, out var value) ? value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) : [];

    private static IEnumerable<Dictionary<string, string>> Stanzas(IEnumerable<string> lines)
    {
        var stanza = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var field = "";
        foreach (var line in lines.Append(""))
        {
            if (line.StartsWith('#'))
                continue;
            if (string.IsNullOrWhiteSpace(line))
            {
                if (stanza.Count > 0)
                    yield return stanza;
                stanza = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            }
            else if (char.IsWhiteSpace(line[0]))
            {
                stanza[field] = stanza.GetValueOrDefault(field, "") + line;
            }
            else if (line.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon)
            {
                field = line[..colon];
                stanza[field] = line[(colon + 1)..];
            }
        }
    }

    private static bool HasOnlyAcquireOptions(string file)
    {
        var lines = File.ReadLines(file).Select(l => l.Trim()).Where(l => l.Length > 0 && !IsComment(l)).ToList();
        return lines.Count > 0 && lines.All(l => l.StartsWith("Acquire::", StringComparison.OrdinalIgnoreCase) && l.EndsWith(';'));
    }

    private static bool IsComment(string line) => line.StartsWith("//", StringComparison.Ordinal) || line.StartsWith('#');

    private static IEnumerable<string> FilesOf(string file, string folder)
    {
        var files = File.Exists(file) ? [file] : Array.Empty<string>();
        return Directory.Exists(folder) ? files.Concat(Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal)) : files;
    }
}
