using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Compile;
using Cloudlet.DesiredState.Kinds.Secrets;
using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Site;
using Cloudlet.Provider.Settings;
using Cloudlet.Wire.Values;

namespace Cloudlet.Provider.Resources;

/// <summary>An error in an input.</summary>
/// <param name="Path">Its property path, as the engine writes paths.</param>
/// <param name="Reason">The message that <c>cloudlet plan</c> would show.</param>
internal sealed record InputProblem(string Path, string Reason);

/// <summary>The inputs of a host: the keys of a host in a site file, and a few more for programs.</summary>
/// <param name="Tree">The inputs as the engine gave them.</param>
/// <param name="Name">Name of the host.</param>
internal sealed record HostInputs(MapValue Tree, string Name)
{
    /// <summary>Inputs that are not keys of a site file.</summary>
    public const string NameKey = "name";

    /// <inheritdoc cref="NameKey"/>
    public const string TemplatesKey = "templates";

    /// <inheritdoc cref="NameKey"/>
    public const string OnDeleteKey = "onDelete";

    /// <inheritdoc cref="NameKey"/>
    public const string TakeOverKey = "takeOver";

    /// <summary>Limit of the JSON reader and writer, less the levels around the inputs.</summary>
    private const int MaxDepth = 50;

    private static readonly string[] OwnKeys = [NameKey, TemplatesKey, OnDeleteKey, TakeOverKey];

    /// <summary>The inputs of a resource.</summary>
    /// <param name="tree">As the engine gave them.</param>
    /// <param name="resource">Name of the resource: the host's name when the inputs have none.</param>
    public static HostInputs Of(MapValue tree, string resource) => new(tree, Text(tree, NameKey) is { Length: > 0 } name ? name : resource);

    /// <summary>True in a preview when some value is known only after the change.</summary>
    public bool HasUnknowns => Tree.HasUnknowns;

    /// <summary>How to reach the host, or null when that is invalid or not known yet.</summary>
    public HostReach? Reach =>
        Tree["reach"]?.Plain() switch
        {
            null or NullValue => new LocalReach(),
            TextValue { Value: var text } => HostReach.Parse(text, out _),
            _ => null,
        };

    /// <summary>The resource that has these inputs; null when the host is only observed.</summary>
    public Describer? By { get; init; }

    /// <summary>Values of secrets that the program gives; null: none. Only for inputs that compile.</summary>
    public SecretValues? Secrets => InputSecrets.Values(Tree);

    /// <summary>Whether to take over a host that another description owns; null: as the provider's configuration says.</summary>
    public bool? TakeOver => Tree[TakeOverKey]?.Plain() is BooleanValue { Value: var wish } ? wish : null;

    /// <summary>What happens to the host when the resource is deleted; null: as the provider's configuration says.</summary>
    public string? OnDelete => Text(Tree, OnDeleteKey);

    /// <summary>
    /// The state of the host, or every problem, as <c>cloudlet plan</c> reports them. While some value is unknown there is no state, and
    /// only the structure of the rest is checked.
    /// </summary>
    public (HostState? State, IReadOnlyList<InputProblem> Problems) Compile()
    {
        var own = OwnProblems();
        if (TooDeep() is { } tooDeep)
            return (null, [.. own, tooDeep]);
        var templates = new InputTemplates(Tree[TemplatesKey]?.Plain() as MapValue);
        var (site, problems) = SiteLoader.LoadHost(Name, InputTree.ToJson(Section()), templates, HasUnknowns);
        if (site is not { Hosts: [var host, ..] })
            return (null, [.. own, .. Visible(problems)]);
        var compiled = HostCompiler.Compile(HostCompiler.DescriptionOf(host, templates));
        return own.Count > 0 ? (null, [.. own, .. Visible(compiled.Problems)]) : (compiled.State, Visible(compiled.Problems));
    }

    /// <summary>The inputs that are the keys of a site file.</summary>
    private MapValue Section() => (MapValue)InputSecrets.WithoutValues(new MapValue(Tree.Entries.RemoveRange(OwnKeys))).Plain();

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
        if (
            Tree[OnDeleteKey]?.Plain()
            is { } wish
                and not (NullValue or UnknownValue or TextValue { Value: OnDeletes.Restore or OnDeletes.Forget })
        )
            problems.Add(new InputProblem(OnDeleteKey, $"expected {OnDeletes.Restore} or {OnDeletes.Forget}; found {wish}"));
        if (Tree[TakeOverKey]?.Plain() is not (null or NullValue or UnknownValue or BooleanValue))
            problems.Add(new InputProblem(TakeOverKey, "expected true or false"));
        if (Tree[NameKey]?.Plain() is not (null or NullValue or UnknownValue or TextValue))
            problems.Add(new InputProblem(NameKey, "expected text"));
        problems.AddRange(InputSecrets.Problems(Tree));
        if (Tree[TemplatesKey]?.Plain() is { } templates and not (NullValue or UnknownValue))
        {
            if (templates is not MapValue map)
                problems.Add(new InputProblem(TemplatesKey, "expected the text of each template by its name"));
            else
                problems.AddRange(
                    map.Entries.Where(static e => e.Value is not (TextValue or UnknownValue))
                        .Select(static e => new InputProblem(PropertyPath.Root.Key(TemplatesKey).Key(e.Key).Text, "expected text"))
                );
        }

        return problems;
    }

    private List<InputProblem> Visible(IReadOnlyList<Problem> problems)
    {
        var seen = new List<InputProblem>(problems.Count);
        foreach (var problem in problems)
        {
            var path = InputTree.PathBelow(problem.Path, Name);
            // Near a value that is not known yet, "missing" and "wrong" would be guesses.
            if (!InputTree.HasUnknownAround(Tree, path))
                seen.Add(new InputProblem(path.Length == 0 ? NameKey : path, problem.Message));
        }

        return seen;
    }

    private static string? Text(MapValue tree, string key) => tree[key]?.Plain() is TextValue { Value: var text } ? text : null;

    private sealed class InputTemplates(MapValue? texts) : ISiteFiles
    {
        public string? ReadText(string path) =>
            texts?[path] switch
            {
                TextValue { Value: var text } => text,
                UnknownValue => "",
                _ => null,
            };
    }
}
