using Cloudlet.DesiredState.Compile;
using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Site;
using Cloudlet.DesiredState.Site.Structure;

namespace Cloudlet.DesiredState.Tests.Site;

/// <summary>The YAML of README.md and docs/ is what the loader and the compiler accept.</summary>
public sealed class DocumentExampleSpecs
{
    private const string Host = "edge-1";

    [Fact]
    public void Every_whole_site_loads_and_compiles()
    {
        var sites = Blocks().Where(static b => b.Has("hosts")).ToList();

        sites.Count.ShouldBeGreaterThan(8);
        sites.SelectMany(static b => ProblemsOf(b.Page, b.AtItsLines)).ShouldBeEmpty();
    }

    /// <summary>A part of a host may refer to what the page leaves out, so only its keys are checked.</summary>
    [Fact]
    public void Every_part_of_a_host_has_keys_that_exist()
    {
        var keys = Shape.Site.Properties.Single(static p => p.Name == "hosts").Shape.Element.Properties.Select(static p => p.Name).ToList();
        var parts = Blocks().Where(b => !b.Has("hosts") && keys.Any(b.Has)).ToList();

        parts.Count.ShouldBeGreaterThan(5);
        parts
            .SelectMany(static b => ProblemsOf(b.Page, b.BelowAHost))
            .Where(static p => p.Message.Contains("unknown key", StringComparison.Ordinal))
            .ShouldBeEmpty();
    }

    [Fact]
    public void The_readme_shows_the_digest_of_its_site()
    {
        var site = Blocks().Single(static b => b.Page == "README.md");

        var state = Compile(site.Page, site.AtItsLines).ShouldHaveSingleItem().State!;

        File.ReadAllText(Path.Combine(ExpectedFiles.Root, site.Page)).ShouldContain($"as described ({state.Digest[..19]}, ");
    }

    private static IReadOnlyList<Problem> ProblemsOf(string page, string text)
    {
        var loaded = SiteLoader.Load([page], new PageFiles(page, text));
        return loaded.Problems.Count > 0 ? loaded.Problems : [.. Compile(page, text).SelectMany(static h => h.Problems)];
    }

    private static IReadOnlyList<CompiledHost> Compile(string page, string text)
    {
        var files = new PageFiles(page, text);
        return HostCompiler.Compile(SiteLoader.Load([page], files).Site!, files);
    }

    private static IEnumerable<Block> Blocks() =>
        Directory
            .EnumerateFiles(Path.Combine(ExpectedFiles.Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Append(Path.Combine(ExpectedFiles.Root, "README.md"))
            .Order(StringComparer.Ordinal)
            .SelectMany(static file => BlocksOf(Path.GetRelativePath(ExpectedFiles.Root, file), File.ReadAllLines(file)));

    private static IEnumerable<Block> BlocksOf(string page, string[] lines)
    {
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i] != "```yaml")
                continue;
            var end = Array.IndexOf(lines, "```", i);
            yield return new Block(page, i + 1, lines[(i + 1)..end]);
            i = end;
        }
    }

    /// <summary>A block of YAML in a page.</summary>
    /// <param name="Page">The page that it is in.</param>
    /// <param name="Start">Lines before its first one.</param>
    /// <param name="Lines">The YAML.</param>
    private sealed record Block(string Page, int Start, string[] Lines)
    {
        /// <summary>So that a problem has the line of the page.</summary>
        public string AtItsLines => new string('\n', Start) + string.Join('\n', Lines);

        /// <summary>The same, for keys of a host.</summary>
        public string BelowAHost =>
            new string('\n', Start - 2) + $"hosts:\n  {Host}:\n" + string.Join('\n', Lines.Select(line => $"    {line[Indent..]}"));

        private int Indent => Lines[0].Length - Lines[0].TrimStart().Length;

        public bool Has(string key) => Lines.Any(line => line.StartsWith($"{new string(' ', Indent)}{key}:", StringComparison.Ordinal));
    }

    /// <summary>The page as a site file; templates are empty.</summary>
    private sealed class PageFiles(string page, string text) : ISiteFiles
    {
        public string? ReadText(string path) => path == page ? text : "";
    }
}
