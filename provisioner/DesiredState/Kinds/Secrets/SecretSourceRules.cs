using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Secrets;

/// <summary>Rules for secrets.</summary>
internal static class SecretSourceRules
{
    private const int MostWords = 100;

    public static void Check(HostCheck check)
    {
        foreach (var (name, secret) in check.Host.Secrets ?? new Dictionary<string, SecretSection>(StringComparer.Ordinal))
        {
            if (name.Length == 0 || !Names.HasOnly(name, "_-."))
                check.Report.Key($"\"{name}\" is not a valid secret name: letters, digits, '_', '-' and '.'", HostSecrets.Key, name);
            else if (secret.Source is not null && !SecretSpec.IsName(name))
                check.Report.Key(
                    $"\"{name}\" cannot be a file of {SecretSource.Folder}: its name has 1-{SecretSpec.LongestName} characters and starts "
                        + "with a letter or digit",
                    HostSecrets.Key,
                    name
                );
            if (secret.Source is { } source)
                Source(name, source, check);
            else if (Names.PathError(secret.Path ?? "") is { } error)
                check.Report.Value(error, HostSecrets.Key, name);
            else if (secret.Path == "/")
                check.Report.Value("a secret is in a file, not in the root folder", HostSecrets.Key, name);
        }
    }

    private static void Source(string name, SecretSource source, HostCheck check)
    {
        var given = new List<string>(5);
        if (source.Generate is not null)
            given.Add("generate");
        if (source.From is not null)
            given.Add("from");
        if (source.File is not null)
            given.Add("file");
        if (source.Env is not null)
            given.Add("env");
        if (source.Command is not null)
            given.Add("command");
        if (given.Count == 0)
            check.Report.Missing(
                "specify one of generate, from, file, env or command; the path of a file on the host is written without a mapping",
                HostSecrets.Key,
                name
            );
        else if (given.Count > 1)
            check.Report.Key(
                $"{string.Join(" and ", given)} exclude each other; remove an inherited one with ~",
                HostSecrets.Key,
                name,
                given[1]
            );
        Generated(name, source, check.Report);
        Taken(name, source, check.Report);
        Attributes(name, source, check.Report);
    }

    private static void Generated(string name, SecretSource source, HostReport report)
    {
        Range(source.Generate, SecretSource.ShortestGenerated, SecretSource.LongestGenerated, "generate");
        Range(source.Version, 1, SecretSource.LastVersion, "version");
        if (source is { Version: not null, Generate: null })
            report.Key("only a generated value has a version; another value is taken at the next apply", HostSecrets.Key, name, "version");
        if (source is { Name: not null, From: null })
            report.Key("this is the name at another host; it needs `from`", HostSecrets.Key, name, "name");

        void Range(int? value, int least, int most, string key)
        {
            if (value is { } number && (number < least || number > most))
                report.Value($"{number} is out of range: {key} is {least} to {most}", HostSecrets.Key, name, key);
        }
    }

    private static void Taken(string name, SecretSource source, HostReport report)
    {
        if (source.File is { } file && (file.Length == 0 || file.Any(char.IsControl)))
            report.Value("the path of a file has at least one character, and no control characters", HostSecrets.Key, name, "file");
        if (source.Env is { } env && !Names.IsIdentifier(env))
            report.Value(
                $"\"{env}\" is not a valid name of a variable: a letter or '_', then letters, digits and '_'",
                HostSecrets.Key,
                name,
                "env"
            );
        if (source.Command is not { } command)
            return;
        if (command is [] or ["", ..] || command.Count > MostWords)
            report.Value($"a command has a program, and at most {MostWords} words", HostSecrets.Key, name, "command");
        for (var i = 0; i < Math.Min(command.Count, MostWords); i++)
            if (command[i].Contains('\0', StringComparison.Ordinal))
                report.Value("an argument cannot contain a NUL character", HostSecrets.Key, name, "command", $"{i}");
    }

    private static void Attributes(string name, SecretSource source, HostReport report)
    {
        if (source.Mode is { } mode && !(mode is [.., '0'] && AttributeRules.IsMode(mode) && (mode.Length == 3 || mode[0] == '0')))
            report.Value(
                $"\"{mode}\" is not a valid mode of a secret: three or four octal digits such as \"0640\", without permissions for others",
                HostSecrets.Key,
                name,
                "mode"
            );
        AttributeRules.Accounts(source.Owner, source.Group, report, HostSecrets.Key, name);
    }
}
