namespace Cloudlet.DesiredState;

/// <summary>The kinds of resources that this program knows, in compilation order.</summary>
public static class KindDescriptors
{
    private static readonly List<KindDescriptor> Registered = [];
    private static readonly Dictionary<Type, KindDescriptor> BySpecType = [];
    private static readonly Dictionary<string, KindDescriptor> ByWord = new(StringComparer.Ordinal);
    private static bool s_isFixed;

    /// <summary>All kinds. After the first access, none can be added.</summary>
    public static IReadOnlyList<KindDescriptor> All
    {
        get
        {
            s_isFixed = true;
            return Registered;
        }
    }

    /// <summary>Kinds with a section below a host.</summary>
    public static IEnumerable<KindDescriptor> WithSection => All.Where(static k => k.Section is not null);

    /// <summary>
    /// Where kinds write files besides described ones. A matching file that is not in the desired state comes from an earlier description:
    /// an apply removes it. No other undescribed file is ever removed.
    /// </summary>
    public static IReadOnlyList<OwnedPattern> OwnedFiles => [.. All.SelectMany(static k => k.OwnedFiles)];

    /// <summary>Registers a kind; call it before anything is read or written.</summary>
    public static void Add(KindDescriptor kind)
    {
        if (s_isFixed)
            throw new InvalidOperationException($"the kind {kind.Word} was added too late: specs were already read or written");
        Registered.Add(kind);
        BySpecType.Add(kind.SpecType, kind);
        ByWord.Add(kind.Word, kind);
    }

    /// <summary>The kind with a word, or null.</summary>
    public static KindDescriptor? Find(string? word)
    {
        s_isFixed = true;
        return word is null ? null : ByWord.GetValueOrDefault(word);
    }

    /// <summary>The kind of a spec. Every spec that is written asks twice, so this neither searches nor allocates.</summary>
    public static KindDescriptor Of(ResourceSpec spec)
    {
        s_isFixed = true;
        return BySpecType[spec.GetType()];
    }

    /// <summary>The kind that an id names, or null.</summary>
    public static KindDescriptor? OfId(string id) => id.IndexOf(':') is var colon && colon > 0 ? Find(id[..colon]) : null;

    /// <summary>The part of an id after the word of its kind.</summary>
    public static string NameIn(string id) => id[(id.IndexOf(':') + 1)..];

    /// <summary>A text for each kind with a section, as <c>a, b or c</c>.</summary>
    public static string ListOf(Func<KindDescriptor, string> text)
    {
        string[] texts = [.. WithSection.Select(text)];
        return $"{string.Join(", ", texts[..^1])} or {texts[^1]}";
    }

    /// <summary>True for a stored spec that has everything that its kind relies on.</summary>
    public static bool IsSound(ResourceSpec spec) => Of(spec).IsSound(spec);

    /// <summary>Keys of a site file that lead to a spec from its host; empty when it has no section.</summary>
    public static string[] KeysOf(ResourceSpec spec) => Of(spec).Section is { } section ? [section, NameIn(spec.Id)] : [];
}
