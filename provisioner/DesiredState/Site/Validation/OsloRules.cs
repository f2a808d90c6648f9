using Cloudlet.DesiredState.Oslo;

namespace Cloudlet.DesiredState.Site.Validation;

/// <summary>Options of OpenStack services: whether they can be written so that they are read as they are meant.</summary>
internal static class OsloRules
{
    public static void Check(string path, FileSection file, HostSection host, HostReport report)
    {
        if (file.Oslo!.Namespace is { } name && !OsloNames.IsNamespace(name))
            report.Value($"\"{name}\" is no namespace of options, such as nova.conf", "files", path, "oslo", "namespace");
        if (file.Oslo is { Options: null, Namespace: null })
            report.Missing("say which options, or which namespace checks the content", "files", path, "oslo");
        foreach (var (section, options) in file.Oslo.Options ?? new Dictionary<string, IReadOnlyDictionary<string, OsloValue>>())
        {
            if (OsloNames.SectionError(section) is { } error)
                report.Key(error, "files", path, "oslo", "options", section);
            foreach (var (option, value) in options)
                Option(option, value, host, report, "files", path, "oslo", "options", section, option);
        }
    }

    private static void Option(string name, OsloValue value, HostSection host, HostReport report, params string[] keys)
    {
        if (OsloNames.OptionError(name) is { } error)
            report.Key(error, keys);
        if (value.Texts.Count == 0)
            report.Value("a list without items sets nothing; ~ takes the option out", keys);
        for (var i = 0; i < value.Texts.Count; i++)
        {
            // Null where the structure of an item was wrong, which was said.
            if (value.Texts[i] is not { } text)
                continue;
            string[] place = value.IsList ? [.. keys, $"{i}"] : keys;
            if (OsloNames.ValueError(text) is { } valueError)
                report.Value(valueError, place);
            SecretRules.References(text, host, report, place);
        }
    }
}
