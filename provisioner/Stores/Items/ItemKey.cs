using System.Text.RegularExpressions;
using Cloudlet.Errors;

namespace Cloudlet.Stores.Items;

/// <summary>What an item is.</summary>
public enum ItemKind
{
    /// <summary>An exported base.</summary>
    Base,

    /// <summary>An overlay.</summary>
    Overlay,
}

/// <summary>
/// Key of an item: what it is, the id of its content, and a name for people. Texts from outside become keys only by
/// <see cref="TryCreate"/>, so no key leads out of a store.
/// </summary>
public sealed partial record ItemKey
{
    private ItemKey(ItemKind kind, string id, string name) => (Kind, Id, Name) = (kind, id, name);

    /// <summary>What it is.</summary>
    public ItemKind Kind { get; }

    /// <summary>64 hexadecimal digits: the id of the base, or of the overlay.</summary>
    public string Id { get; }

    /// <summary>Its name in the store; the first 12 digits of the id unless one was given.</summary>
    public string Name { get; }

    /// <summary>The first 12 digits of the id, for messages.</summary>
    public string ShortId => Id[..12];

    /// <summary>The kind as a word: <c>base</c> or <c>overlay</c>.</summary>
    public string KindName => WordOf(Kind);

    /// <summary>True when a name was given to it.</summary>
    public bool IsNamed => Name != ShortId;

    /// <summary>A key; InvalidInput when the name can't be one.</summary>
    /// <param name="kind">What it is.</param>
    /// <param name="id">Id of its content.</param>
    /// <param name="name">Its name; null: the first digits of the id.</param>
    public static ItemKey Of(ItemKind kind, string id, string? name)
    {
        if (name is not null)
            RequireName(name);
        return TryCreate(WordOf(kind), id, name ?? id[..12])
            ?? throw new CloudletException(ErrorKind.InvalidInput, $"'{id}' is not a valid id: expected 64 hexadecimal digits");
    }

    /// <summary>A key from texts that a store sent; null when one is not valid.</summary>
    public static ItemKey? TryCreate(string? kind, string? id, string? name) =>
        kind is not null && id is not null && name is not null && IdPattern().IsMatch(id) && NamePattern().IsMatch(name)
            ? kind switch
            {
                "base" => new ItemKey(ItemKind.Base, id, name),
                "overlay" => new ItemKey(ItemKind.Overlay, id, name),
                _ => null,
            }
            : null;

    /// <summary>InvalidInput unless a text can be the name of an item.</summary>
    public static void RequireName(string name)
    {
        if (!NamePattern().IsMatch(name))
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"'{name}' is not a valid name in a store: use 1–40 lower-case letters, digits and dashes, with no dash at either end"
            );
    }

    /// <summary>True for 64 hexadecimal digits.</summary>
    internal static bool IsDigest(string? text) => text is not null && IdPattern().IsMatch(text);

    /// <summary>A kind as a word.</summary>
    internal static string WordOf(ItemKind kind) => kind == ItemKind.Base ? "base" : "overlay";

    /// <inheritdoc/>
    public override string ToString() => IsNamed ? $"{KindName} {Name} ({ShortId})" : $"{KindName} {ShortId}";

    [GeneratedRegex(@"^[0-9a-f]{64}\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex IdPattern();

    [GeneratedRegex(@"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NamePattern();
}
