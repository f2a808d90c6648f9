using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Cloudlet.Architecture.Tests;

/// <summary>References between documents are correct.</summary>
public sealed partial class DocumentSpecs
{
    [Fact]
    public void Every_link_leads_to_a_file()
    {
        var broken =
            from document in Repository.Files(".md")
            from Match link in Link().Matches(Code().Replace(File.ReadAllText(Repository.At(document)), ""))
            let target = link.Groups["target"].Value
            where !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith('#')
            where !Path.Exists(Path.Join(Repository.Root, Path.GetDirectoryName(document), target.Split('#')[0]))
            select $"{document}: {target}";

        broken.ShouldBeEmpty();
    }

    [Fact]
    public void The_index_has_every_page()
    {
        var index = File.ReadAllText(Repository.At("docs/README.md"));

        Repository
            .Files(".md")
            .Where(static f => f.StartsWith("docs/", StringComparison.Ordinal) && f != "docs/README.md")
            .Where(page => !index.Contains($"({page["docs/".Length..]})", StringComparison.Ordinal))
            .ShouldBeEmpty();
    }

    [Fact]
    public void Decisions_are_numbered_and_have_one_form_of_title_status_and_date()
    {
        var decisions = Repository.Files(".md").Where(static f => f.StartsWith("docs/decisions/", StringComparison.Ordinal)).ToList();

        decisions
            .Select(static f => Path.GetFileName(f)[..4])
            .ShouldBe(Enumerable.Range(1, decisions.Count).Select(static n => $"{n:0000}"));
        decisions.Where(static f => !Decision().IsMatch(File.ReadAllText(Repository.At(f)))).ShouldBeEmpty();
    }

    [Fact]
    public void The_newest_release_of_the_changelog_is_the_version_of_the_programs()
    {
        var version = XDocument.Load(Repository.At("Directory.Build.props")).Descendants("Version").ShouldHaveSingleItem().Value;

        Release().Match(File.ReadAllText(Repository.At("CHANGELOG.md"))).Groups["version"].Value.ShouldBe(version);
    }

    [GeneratedRegex(@"\[[^\]]*\]\((?<target>[^)\s]+)\)", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Link();

    [GeneratedRegex(@"^## (?<version>\d+\.\d+\.\d+) - \d{4}-\d\d-\d\d$", RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Release();

    [GeneratedRegex("```.*?```|`[^`\n]*`", RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Code();

    [GeneratedRegex(
        @"\A# \d+\. [^\n]+\n\nStatus: (accepted|superseded by \d+) · Date: \d{4}-\d\d-\d\d\n\n",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Decision();
}
