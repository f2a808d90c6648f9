using System.Xml.Linq;
using ArchUnitNET.Domain;
using ArchUnitNET.Loader;

namespace Cloudlet.Architecture.Tests;

/// <summary>
/// Namespaces of one project do not depend on each other in circles. What counts is the compiled code: a namespace also sees its parent's
/// types, without a using. A parent and its children are namespaces like any others. Constants are not seen: the compiler copies them.
/// </summary>
public sealed class CircleSpecs
{
    private static readonly string[] Folders = ["healthd", "infra", "provisioner"];

    /// <summary>The projects by their folders. That of Architecture.Tests refers to them all, so their assemblies are next to it.</summary>
    public static TheoryData<string> Projects() =>
        new(Repository.Files(".csproj").Where(static file => Folders.Contains(file.Split('/')[0])));

    [Theory]
    [MemberData(nameof(Projects))]
    public void Namespaces_of_a_project_form_no_circle(string project)
    {
        var edges = EdgesOf(AssemblyOf(project));

        edges
            .Where(e => Reaches(edges, e.To, e.From))
            .OrderBy(static e => e.Why.Count) // the edge to remove is often one of few reasons
            .GroupBy(e => Circle(edges, e.From), static (circle, members) => $"{circle}:\n{string.Join('\n', members)}")
            .ShouldBeEmpty();
    }

    /// <summary>That the specs above see what they are for: a circle of three, with an edge that is in none.</summary>
    [Fact]
    public void A_circle_is_found_with_its_edges_only()
    {
        Edge[] edges = [new("A", "B", ["a uses b"]), new("B", "C", []), new("C", "A", []), new("C", "D", []), new("E", "A", [])];

        edges.Where(e => Reaches(edges, e.To, e.From)).Select(static e => $"{e.From}{e.To}").ShouldBe(["AB", "BC", "CA"]);
        Circle(edges, "B").ShouldBe("A, B, C");
    }

    /// <summary>One namespace depends on another.</summary>
    /// <param name="From">The namespace that depends.</param>
    /// <param name="To">What it depends on.</param>
    /// <param name="Why">The types of the one that use types of the other.</param>
    private sealed record Edge(string From, string To, IReadOnlyList<string> Why)
    {
        private const int Shown = 5;

        public override string ToString() =>
            $"  {From} -> {To}, because {string.Join(", ", Why.Take(Shown))}{(Why.Count > Shown ? $" and {Why.Count - Shown} more" : "")}";
    }

    private static List<Edge> EdgesOf(string assembly)
    {
        var types = new ArchLoader().LoadFilteredDirectory(AppContext.BaseDirectory, assembly).Build().Types.Where(IsOurs).ToList();
        types.ShouldNotBeEmpty($"{assembly} is not in {AppContext.BaseDirectory}, or has no types");
        return
        [
            .. types
                .SelectMany(static type => type.Dependencies)
                .Where(static d => IsOurs(d.Target) && d.Target.Assembly.Equals(d.Origin.Assembly))
                .Where(static d => d.Target.Namespace.FullName != d.Origin.Namespace.FullName)
                .GroupBy(
                    static d => (From: d.Origin.Namespace.FullName, To: d.Target.Namespace.FullName),
                    static d => $"{d.Origin.Name} uses {d.Target.Name}"
                )
                .Select(static g => new Edge(g.Key.From, g.Key.To, [.. g.Distinct().Order(StringComparer.Ordinal)]))
                .OrderBy(static e => e.From, StringComparer.Ordinal)
                .ThenBy(static e => e.To, StringComparer.Ordinal),
        ];
    }

    /// <summary>
    /// False for what the compiler and the generators of .NET add, and for type parameters: ArchUnit takes those of methods with the same
    /// name for one, and all generated JSON contexts have such a method.
    /// </summary>
    private static bool IsOurs(IType type) =>
        type is not GenericParameter && type.Namespace is { FullName: var name } && name.StartsWith("Cloudlet.", StringComparison.Ordinal);

    private static string AssemblyOf(string project)
    {
        var named = XDocument.Load(Repository.At(project)).Descendants("AssemblyName").SingleOrDefault()?.Value;
        return $"{named ?? Path.GetFileNameWithoutExtension(project)}.dll";
    }

    /// <summary>All namespaces that depend on <paramref name="one"/> and that it depends on, with itself.</summary>
    private static string Circle(IReadOnlyCollection<Edge> edges, string one) =>
        string.Join(
            ", ",
            edges
                .Select(static e => e.From)
                .Distinct()
                .Where(other => Reaches(edges, one, other) && Reaches(edges, other, one))
                .Order(StringComparer.Ordinal)
        );

    private static bool Reaches(IReadOnlyCollection<Edge> edges, string from, string to)
    {
        var seen = new HashSet<string> { from };
        var open = new Stack<string>(seen);
        while (open.TryPop(out var here) && here != to)
            foreach (var edge in edges.Where(e => e.From == here && seen.Add(e.To)))
                open.Push(edge.To);
        return seen.Contains(to);
    }
}
