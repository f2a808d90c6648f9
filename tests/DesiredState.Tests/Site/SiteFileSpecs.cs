using System.Text;
using System.Text.Json;
using Cloudlet.DesiredState.Site;
using Cloudlet.DesiredState.Site.Structure;

namespace Cloudlet.DesiredState.Tests.Site;

/// <summary>
/// Every file of accepts/ and rejects/ is a case. NAME.yaml is the site; NAME.overlay.yaml, if it exists, is layered over it. The expected
/// result is in NAME.merged.json (the hosts with everything they inherit) or NAME.problems.txt.
/// </summary>
public sealed class SiteFileSpecs
{
    public static TheoryData<string> Accepted => Cases("accepts");

    public static TheoryData<string> Rejected => Cases("rejects");

    [Theory]
    [MemberData(nameof(Accepted))]
    public void An_accepted_site_becomes_its_merged_hosts(string name)
    {
        var result = Load("accepts", name);

        result.Problems.ShouldBeEmpty();
        ExpectedFiles.ShouldMatch(Describe(result.Site!), Expected("accepts", name, "merged.json"));
    }

    [Theory]
    [MemberData(nameof(Rejected))]
    public void A_rejected_site_names_every_problem_with_its_place(string name)
    {
        var result = Load("rejects", name);

        result.Site.ShouldBeNull();
        result.Problems.ShouldNotBeEmpty();
        ExpectedFiles.ShouldMatch(string.Join('\n', result.Problems) + "\n", Expected("rejects", name, "problems.txt"));
    }

    private static SiteLoadResult Load(string folder, string name)
    {
        var files = new List<string> { name + ".yaml" };
        if (File.Exists(Expected(folder, name, "overlay.yaml")))
            files.Add(name + ".overlay.yaml");
        return SiteLoader.Load(files, new FolderSiteFiles(ExpectedFiles.Folder($"Site/{folder}")));
    }

    private static string Describe(LoadedSite site)
    {
        var text = new StringBuilder().Append("site ").Append(site.Name ?? "(no name)").Append('\n');
        foreach (var host in site.Hosts)
            text.Append(host).Append(' ').Append(JsonSerializer.Serialize(host.Section, SiteJson.Host)).Append('\n');
        return text.ToString();
    }

    private static string Expected(string folder, string name, string suffix) =>
        Path.Combine(ExpectedFiles.Folder($"Site/{folder}"), $"{name}.{suffix}");

    private static TheoryData<string> Cases(string folder)
    {
        var cases = new TheoryData<string>();
        foreach (var file in Directory.EnumerateFiles(ExpectedFiles.Folder($"Site/{folder}"), "*.yaml").Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileNameWithoutExtension(file);
            if (!name.EndsWith(".overlay", StringComparison.Ordinal))
                cases.Add(name);
        }

        return cases;
    }
}
