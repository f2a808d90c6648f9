namespace Cloudlet.DesiredState.Sections;

/// <summary>Rules for the <c>${secret:NAME}</c> references to secrets, and for the values of templates.</summary>
internal static class SecretRules
{
    private const string Opening = "${secret:";

    public static void Check(HostSection host, HostReport report)
    {
        foreach (var name in host.Values?.Keys ?? [])
            Identifier(name, report, "values", name);
    }

    /// <summary>Reports references to secrets that the host does not declare, each name once.</summary>
    public static void References(string text, HostSection host, HostReport report, params ReadOnlySpan<string> keys)
    {
        var reported = new HashSet<string>(StringComparer.Ordinal);
        for (
            var at = text.IndexOf(Opening, StringComparison.Ordinal);
            at >= 0;
            at = text.IndexOf(Opening, at + 1, StringComparison.Ordinal)
        )
        {
            var start = at + Opening.Length;
            var end = text.AsSpan(start).IndexOfAny("}\n");
            if (end < 0 || text[start + end] == '\n')
            {
                report.Value("a ${secret: is not closed by } on its line", keys);
                continue;
            }

            var name = text.Substring(start, end);
            if (host.Secrets?.ContainsKey(name) == true || report.IsDamaged("secrets") || !reported.Add(name))
                continue;
            var hint = Spelling.Hint(name, host.Secrets?.Keys ?? []);
            report.Value(
                $"the secret \"{name}\" is not declared{(hint.Length > 0 ? hint : $"; add it to secrets: {name}: /path/on/the/host")}",
                keys
            );
        }
    }

    public static void Identifier(string name, HostReport report, params ReadOnlySpan<string> keys)
    {
        if (!Names.IsIdentifier(name))
            report.Key($"templates cannot use the name \"{name}\": a letter or '_', then letters, digits and '_'", keys);
    }
}
