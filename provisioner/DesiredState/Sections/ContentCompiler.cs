namespace Cloudlet.DesiredState.Sections;

/// <summary>The content of a file.</summary>
/// <param name="Text">The text, with <c>${secret:NAME}</c> in place of secrets.</param>
/// <param name="Secrets">Name of each secret that the text uses → absolute path of the file that holds it; null: it uses none.</param>
internal sealed record CompiledContent(string Text, IReadOnlyDictionary<string, string>? Secrets);

/// <summary>The content of a file, inline or from a template, with the secrets it uses.</summary>
internal sealed class ContentCompiler(HostDescription host, IReadOnlyDictionary<string, object> values, List<Problem> problems)
{
    private const string SecretStart = "${secret:";

    private readonly HostTemplates _templates = new(host, values);

    /// <summary>A literal text.</summary>
    public CompiledContent Inline(string text, string[] keys) => new(text, SecretsIn(text, keys));

    /// <summary>A rendered template; null after an error, which was reported.</summary>
    public CompiledContent? FromTemplate(string path, IReadOnlyDictionary<string, TemplateValue>? values, string[] keys)
    {
        if (host.ReadTemplate(path) is not { } source)
        {
            problems.Add(host.ProblemAt($"template {path} does not exist", keys));
            return null;
        }

        var rendered = _templates.Render(path, source, values);
        problems.AddRange(rendered.Problems.Select(p => p with { Path = host.ProblemAt("", keys).Path }));
        return rendered.Text is { } text ? Inline(text, keys) : null;
    }

    /// <summary>
    /// Only the secrets that the text uses: a file must not change its meaning because another secret is declared.
    /// </summary>
    private SortedDictionary<string, string>? SecretsIn(string text, string[] keys)
    {
        SortedDictionary<string, string>? used = null;
        for (
            var start = text.IndexOf(SecretStart, StringComparison.Ordinal);
            start >= 0;
            start = text.IndexOf(SecretStart, start + 1, StringComparison.Ordinal)
        )
        {
            var nameStart = start + SecretStart.Length;
            var end = text.IndexOf('}', nameStart);
            var name = end < 0 ? text[nameStart..] : text[nameStart..end];
            if (host.Section.SecretPath(name) is { } file)
                (used ??= new SortedDictionary<string, string>(StringComparer.Ordinal))[name] = file;
            else
                problems.Add(
                    host.ProblemAt(
                        $"the secret \"{(name.Length > 40 ? name[..40] + "…" : name)}\" is not declared; name it under `secrets` "
                            + "with the file that holds it",
                        keys
                    )
                );
        }

        return used;
    }
}
