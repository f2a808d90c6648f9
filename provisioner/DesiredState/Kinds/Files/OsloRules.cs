using Cloudlet.DesiredState.Oslo;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Files;

/// <summary>Rules for options of OpenStack services: oslo.config must read them back unchanged.</summary>
internal static class OsloRules
{
    public static void Check(string path, FileSection file, HostSection host, HostReport report)
    {
        if (file.Oslo!.Namespace is { } name && !OsloNames.IsNamespace(name))
            report.Value($"\"{name}\" is not a valid namespace of options, such as nova.conf", "files", path, "oslo", "namespace");
        if (file.Oslo is { Options: null, Namespace: null })
            report.Missing("specify options, or the namespace that checks the content", "files", path, "oslo");
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
            report.Value("an empty list sets nothing; ~ removes the option", keys);
        for (var i = 0; i < value.Texts.Count; i++)
        {
            // Null when the structure of an item was wrong, which was already reported.
            if (value.Texts[i] is not { } text)
                continue;
            string[] place = value.IsList ? [.. keys, $"{i}"] : keys;
            if (OsloNames.ValueError(text) is { } valueError)
                report.Value(valueError, place);
            SecretRules.References(text, host, report, place);
        }
    }
}
