using System.Text.Json.Serialization.Metadata;

namespace Cloudlet.DesiredState;

/// <summary>
/// Everything that the program knows about one kind of resource independently of a host: its words, its section, and how its specs are
/// read, ordered and combined. Schema, order, validation, JSON and the paths of Pulumi are derived from the descriptors in
/// <see cref="KindDescriptors"/>.
/// </summary>
public abstract class KindDescriptor
{
    /// <summary>Word of the kind: the prefix of its ids, and the <c>resource</c> of its specs in JSON.</summary>
    public abstract string Word { get; }

    /// <summary>Type of its specs.</summary>
    public abstract Type SpecType { get; }

    /// <summary>Key of its section below a host; null: only other sections create such resources.</summary>
    public virtual string? Section => null;

    /// <summary>True for resources that exist in a network namespace without a host.</summary>
    public virtual bool IsInNamespaces => false;

    /// <summary>Placeholder for the part of an id after the colon in messages, such as <c>NAME</c> or <c>/PATH</c>.</summary>
    public virtual string NameHint => "NAME";

    /// <summary>JSON name of a property of the spec → key in the section, where the two differ.</summary>
    public virtual IReadOnlyDictionary<string, string> RenamedKeys => new Dictionary<string, string>();

    /// <summary>Where the kind writes files besides described ones, such as boot configuration.</summary>
    public virtual IReadOnlyList<OwnedPattern> OwnedFiles => [];

    /// <summary>Id of the resource with a name.</summary>
    public string IdOf(string name) => $"{Word}:{name}";

    /// <summary>Key in the section for a property of the spec.</summary>
    public string KeyOf(string property) => RenamedKeys.GetValueOrDefault(property, property);

    /// <summary>Metadata of the spec and of the section, generated at build time.</summary>
    internal abstract IJsonTypeInfoResolver Json { get; }

    /// <summary>JSON metadata of a spec.</summary>
    internal abstract JsonTypeInfo SpecJson { get; }

    /// <summary>The spec with its sets in canonical order.</summary>
    internal abstract ResourceSpec Sort(ResourceSpec spec);

    /// <summary>The spec with the edges that follow from all resources of the host together.</summary>
    internal abstract ResourceSpec Complete(ResourceSpec spec, IReadOnlyDictionary<string, ResourceSpec> all);

    /// <summary>Merges a generated spec with a declared one that has the same id; null: they conflict.</summary>
    internal abstract ResourceSpec? Combine(ResourceSpec generated, ResourceSpec declared);

    /// <summary>True for a stored spec that has everything that the kind relies on.</summary>
    internal abstract bool IsSound(ResourceSpec spec);
}

/// <summary>A descriptor that knows the type of its specs. Every method has a default implementation.</summary>
/// <typeparam name="TSpec">The kind's spec.</typeparam>
public abstract class KindDescriptor<TSpec> : KindDescriptor
    where TSpec : ResourceSpec
{
    private JsonTypeInfo? _specJson;

    /// <inheritdoc/>
    public sealed override Type SpecType => typeof(TSpec);

    internal sealed override JsonTypeInfo SpecJson => _specJson ??= HostStateJson.For(Json).GetTypeInfo(typeof(TSpec));

    internal sealed override ResourceSpec Sort(ResourceSpec spec) => Sort((TSpec)spec);

    internal sealed override ResourceSpec Complete(ResourceSpec spec, IReadOnlyDictionary<string, ResourceSpec> all) =>
        Complete((TSpec)spec, all);

    internal sealed override ResourceSpec? Combine(ResourceSpec generated, ResourceSpec declared) =>
        Combine((TSpec)generated, (TSpec)declared);

    internal sealed override bool IsSound(ResourceSpec spec) => IsSound((TSpec)spec);

    /// <inheritdoc cref="KindDescriptor.Sort"/>
    internal virtual TSpec Sort(TSpec spec) => spec;

    /// <inheritdoc cref="KindDescriptor.Complete"/>
    internal virtual TSpec Complete(TSpec spec, IReadOnlyDictionary<string, ResourceSpec> all) => spec;

    /// <inheritdoc cref="KindDescriptor.Combine"/>
    internal virtual TSpec? Combine(TSpec generated, TSpec declared) => null;

    /// <inheritdoc cref="KindDescriptor.IsSound"/>
    internal virtual bool IsSound(TSpec spec) => true;

    /// <summary>True when a list that was read has no null items: JSON may have null where the type does not allow it.</summary>
    internal static bool IsWhole(IReadOnlyList<string>? list) => list is null || list.All(static e => e is not null);

    /// <summary>A set in canonical order, without duplicates.</summary>
    internal static string[]? Set(IReadOnlyList<string>? values) => values is null ? null : Canonical.Set(values);
}
