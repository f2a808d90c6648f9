using Cloudlet.DesiredState.Boot;
using Cloudlet.DesiredState.Files;
using Cloudlet.DesiredState.Site;

namespace Cloudlet.DesiredState.Compile;

/// <summary>The content of a file, inline or from a template, with the secrets it uses.</summary>
internal sealed class ContentCompiler(HostDescription host, IReadOnlyList<BootLink> links, List<Problem> problems)
{
    private const string SecretStart = "${secret:";

    private readonly HostTemplates templates = new(host, links);

    public FileSpec Inline(FileSpec file, string text, string[] keys) => file with { Content = text, Secrets = SecretsIn(text, keys) };

    public FileSpec FromTemplate(FileSpec file, string path, IReadOnlyDictionary<string, TemplateValue>? values, string[] keys)
    {
        if (host.ReadTemplate(path) is not { } source)
        {
            problems.Add(host.ProblemAt($"there is no template {path}", keys));
            return file;
        }

        var rendered = templates.Render(path, source, values);
        problems.AddRange(rendered.Problems.Select(p => p with { Path = host.ProblemAt("", keys).Path }));
        return rendered.Text is { } text ? Inline(file, text, keys) : file;
    }

    /// <summary>Only the secrets that the text uses: a file must not change its meaning because the host learnt of another secret.</summary>
    private SortedDictionary<string, string>? SecretsIn(string text, string[] keys)
    {
        SortedDictionary<string, string>? used = null;
        for (var start = text.IndexOf(SecretStart, StringComparison.Ordinal); start >= 0; start = text.IndexOf(SecretStart, start + 1, StringComparison.Ordinal))
        {
            var nameStart = start + SecretStart.Length;
            var end = text.IndexOf('}', nameStart);
            var name = end < 0 ? text[nameStart..] : text[nameStart..end];
            if (host.Section.Secrets is { } secrets && secrets.TryGetValue(name, out var file))
                (used ??= new SortedDictionary<string, string>(StringComparer.Ordinal))[name] = file;
            else
                problems.Add(host.ProblemAt($"the secret \"{(name.Length > 40 ? name[..40] + "…" : name)}\" is not declared; name it under `secrets` with the file that holds it", keys));
        }

        return used;
    }
}
