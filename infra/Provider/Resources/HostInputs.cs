using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Compile;
using Cloudlet.DesiredState.Site;
using Cloudlet.Wire.Values;

namespace Cloudlet.Provider.Resources;

/// <summary>What is wrong with an input.</summary>
/// <param name="Path">Its property path, as the engine writes paths.</param>
/// <param name="Reason">What <c>cloudlet plan</c> would say.</param>
internal sealed record InputProblem(string Path, string Reason);

/// <summary>The inputs of a host: the keys of a host in a site file, and a few that only a program needs.</summary>
/// <param name="Tree">The inputs as the engine gave them.</param>
/// <param name="Name">Name of the host.</param>
internal sealed record HostInputs(MapValue Tree, string Name)
{
    /// <summary>Inputs that are no keys of a site file.</summary>
    public const string NameKey = "name";

    /// <inheritdoc cref="NameKey"/>
    public const string TemplatesKey = "templates";

    /// <inheritdoc cref="NameKey"/>
    public const string OnDeleteKey = "onDelete";

    /// <summary>What JSON is read and written with, less what stands around it.</summary>
    private const int MaxDepth = 50;

    private static readonly string[] OwnKeys = [NameKey, TemplatesKey, OnDeleteKey];

    /// <summary>The inputs of a resource.</summary>
    /// <param name="tree">As the engine gave them.</param>
    /// <param name="resource">Name of the resource, which names the host where the inputs do not.</param>
    public static HostInputs Of(MapValue tree, string resource) => new(tree, Text(tree, NameKey) is { Length: > 0 } name ? name : resource);

    /// <summary>True when something is known only after the change that a preview is about.</summary>
    public bool HasUnknowns => Tree.HasUnknowns;

    /// <summary>How the host is reached, or null when that is wrong or not known yet.</summary>
    public HostReach? Reach => Tree["reach"]?.Plain() switch
    {
        null or NullValue => new LocalReach(),
        TextValue { Value: var text } => HostReach.Parse(text, out _),
        _ => null,
    };

    /// <summary>What becomes of the host when the resource is deleted; null: what the provider's configuration says.</summary>
    public string? OnDelete => Text(Tree, OnDeleteKey);

    /// <summary>The state of the host, or everything that is wrong, as <c>cloudlet plan</c> says it. While something is not known yet there is no state, and only the shape of the rest is judged.</summary>
    public (HostState? State, IReadOnlyList<InputProblem> Problems) Compile()
    {
        var own = OwnProblems();
        if (TooDeep() is { } tooDeep)
            return (null, [.. own, tooDeep]);
        var templates = new InputTemplates(Tree[TemplatesKey]?.Plain() as MapValue);
        var (site, problems) = SiteLoader.LoadHost(Name, InputTree.ToJson(Section()), templates, HasUnknowns);
        if (site is not { Hosts: [var host, ..] })
            return (null, [.. own, .. Visible(problems)]);
        var compiled = HostCompiler.Compile(HostDescription.Of(host, templates));
        return own.Count > 0 ? (null, [.. own, .. Visible(compiled.Problems)]) : (compiled.State, Visible(compiled.Problems));
    }

    /// <summary>The inputs that are the keys of a site file.</summary>
    private MapValue Section() => (MapValue)new MapValue(Tree.Entries.RemoveRange(OwnKeys)).Plain();

    private InputProblem? TooDeep()
    {
        foreach (var (key, value) in Tree.Entries)
            if (InputTree.DepthOf(value) > MaxDepth)
                return new InputProblem(PropertyPath.Root.Key(key).Text, $"nested deeper than {MaxDepth} levels");
        return null;
    }

    private List<InputProblem> OwnProblems()
    {
        var problems = new List<InputProblem>();
        if (Tree[OnDeleteKey]?.Plain() is { } wish and not (NullValue or UnknownValue or TextValue { Value: OnDeletes.Restore or OnDeletes.Forget }))
            problems.Add(new InputProblem(OnDeleteKey, $"expected {OnDeletes.Restore} or {OnDeletes.Forget}; found {wish}"));
        if (Tree[NameKey]?.Plain() is not (null or NullValue or UnknownValue or TextValue))
            problems.Add(new InputProblem(NameKey, "expected text"));
        if (Tree[TemplatesKey]?.Plain() is { } templates and not (NullValue or UnknownValue))
        {
            if (templates is not MapValue map)
                problems.Add(new InputProblem(TemplatesKey, "expected the text of each template by its name"));
            else
                problems.AddRange(map.Entries.Where(static e => e.Value is not (TextValue or UnknownValue)).Select(static e => new InputProblem(PropertyPath.Root.Key(TemplatesKey).Key(e.Key).Text, "expected text")));
        }

        return problems;
    }

    private List<InputProblem> Visible(IReadOnlyList<Problem> problems)
    {
        var seen = new List<InputProblem>(problems.Count);
        foreach (var problem in problems)
        {
            var path = InputTree.PathBelow(problem.Path, Name);
            // Where something is not known yet, "missing" and "wrong" beside it are guesses.
            if (!InputTree.HasUnknownAround(Tree, path))
                seen.Add(new InputProblem(path.Length == 0 ? NameKey : path, problem.Message));
        }

        return seen;
    }

    private static string? Text(MapValue tree, string key) => tree[key]?.Plain() is TextValue { Value: var text } ? text : null;

    private sealed class InputTemplates(MapValue? texts) : ISiteFiles
    {
        public string? ReadText(string path) => texts?[path] switch
        {
            TextValue { Value: var text } => text,
            UnknownValue => "",
            _ => null,
        };
    }
}

/// <summary>What may become of a host when its resource is deleted.</summary>
internal static class OnDeletes
{
    /// <summary>It goes back to what it was before us.</summary>
    public const string Restore = "restore";

    /// <summary>It stays as it is.</summary>
    public const string Forget = "forget";
}
