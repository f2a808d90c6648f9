using Cloudlet.DesiredState.Site;
using Cloudlet.DesiredState.Site.Structure;

namespace Cloudlet.DesiredState.Tests.Site;

/// <summary>docs/formats/site-file.md matches the loader.</summary>
public sealed class ReferencePageSpecs
{
    private static readonly string Page = File.ReadAllText(Path.Combine(ExpectedFiles.Root, "docs", "formats", "site-file.md"));

    [Fact]
    public void It_names_every_key() =>
        KeysOf(Shape.Site).Where(key => !Page.Contains($"`{key}`", StringComparison.Ordinal)).ShouldBeEmpty();

    [Fact]
    public void Its_examples_are_valid_sites()
    {
        var examples = Page.Split("```yaml\n").Skip(1).Select(block => block[..block.IndexOf("```", StringComparison.Ordinal)]).ToList();

        examples.Count.ShouldBeGreaterThan(3);
        foreach (var example in examples)
        {
            var files = new MemorySiteFiles { ["site.yaml"] = example, ["templates/nova.conf"] = "" };
            SiteLoader.Load(["site.yaml"], files).Problems.ShouldBeEmpty(example);
        }
    }

    private static IEnumerable<string> KeysOf(Shape shape) =>
        shape.Kind switch
        {
            ShapeKind.List or ShapeKind.Map or ShapeKind.TextOrSection => KeysOf(shape.Element),
            ShapeKind.Section => shape.Properties.SelectMany(property => KeysOf(property.Shape).Prepend(property.Name)),
            _ => [],
        };
}
