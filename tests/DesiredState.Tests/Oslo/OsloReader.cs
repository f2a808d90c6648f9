namespace Cloudlet.DesiredState.Tests.Oslo;

/// <summary>oslo_config/iniparser.py of oslo.config 9.0, line by line: how a service parses a text.</summary>
internal static class OsloReader
{
    public static Dictionary<string, Dictionary<string, List<string>>> Read(string text)
    {
        var sections = new Dictionary<string, Dictionary<string, List<string>>>();
        var section = "";
        string? key = null;
        List<string> value = [];
        foreach (var whole in text.Split('\n'))
        {
            var line = whole.TrimEnd();
            if (line.Length == 0)
            {
                Assign();
            }
            else if (line[0] is ' ' or '\t')
            {
                if (key is null)
                    throw new FormatException($"unexpected continuation line: {line}");
                value.Add(line.TrimStart());
            }
            else
            {
                Assign();
                if (line[0] == '[')
                    section = line[^1] == ']' && line.Length > 2 ? line[1..^1] : throw new FormatException($"invalid section: {line}");
                else if (line[0] is not ('#' or ';'))
                    (key, value) = Split(line);
            }
        }

        Assign();
        return sections;

        void Assign()
        {
            if (key is null)
                return;
            if (!sections.TryGetValue(section, out var options))
                sections.Add(section, options = []);
            if (!options.TryGetValue(key, out var values))
                options.Add(key, values = []);
            values.Add(string.Join('\n', value));
            (key, value) = (null, []);
        }
    }

    private static (string, List<string>) Split(string line)
    {
        var (colon, equal) = (line.IndexOf(':'), line.IndexOf('='));
        if (colon < 0 && equal < 0)
            throw new FormatException($"no ':' or '=' found in assignment: {line}");
        var at = colon < 0 || (equal >= 0 && equal < colon) ? equal : colon;
        var value = line[(at + 1)..].Trim();
        if (value.Length > 0 && value[0] == value[^1] && value[0] is '"' or '\'')
            value = value.Length > 1 ? value[1..^1] : "";
        return (line[..at].Trim(), [value]);
    }
}
