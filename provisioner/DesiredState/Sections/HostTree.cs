using System.Globalization;
using System.Text;
using Cloudlet.DesiredState.Site.Yaml;

namespace Cloudlet.DesiredState.Sections;

/// <summary>The place of a value in a merged host.</summary>
/// <param name="Value">Place of the value; for a mapping or a list, the key above it, which is what a person looks for.</param>
/// <param name="Key">Place of the key.</param>
/// <param name="Path">Property path as in the files: below <c>hosts.NAME</c>, or below <c>defaults</c> when the host inherits it. Values
/// from its role are below <c>hosts.NAME</c>, at the place of the role.</param>
internal readonly record struct Location(SourcePlace Value, SourcePlace Key, string Path);

/// <summary>Finds the place of every value of a merged host.</summary>
/// <param name="Name">Name of the host.</param>
/// <param name="KeyPlace">Place of the name.</param>
/// <param name="Own">The host's own values.</param>
/// <param name="Merged">The same over the defaults.</param>
internal sealed record HostTree(string Name, SourcePlace KeyPlace, YamlMapping Own, YamlMapping Merged)
{
    /// <summary>
    /// The description in the files, without what its role adds to <see cref="Merged"/>; null where that is the same.
    /// </summary>
    public YamlMapping? Described { get; init; }

    /// <summary>Place of an invalid role: its generated values do not get problems of their own.</summary>
    public SourcePlace? WrongRole { get; init; }

    /// <summary>
    /// Place of the value at <paramref name="keys"/>; if the files do not have the whole path, the place of the deepest value they have.
    /// </summary>
    public Location Find(ReadOnlySpan<string> keys)
    {
        YamlNode node = Merged;
        YamlNode? own = Own;
        YamlNode? described = Described ?? Merged;
        var (value, keyPlace) = (KeyPlace, KeyPlace);
        var path = new StringBuilder();
        var isFound = true;
        foreach (var key in keys)
        {
            if (isFound && (node as YamlSequence).Item(key) is { } item)
            {
                path.Append('[').Append(key).Append(']');
                (node, own, described) = (item, (own as YamlSequence).Item(key), (described as YamlSequence).Item(key));
                value = keyPlace = node.Place;
                continue;
            }

            path.AppendKey(key);
            isFound =
                isFound && node is YamlMapping mapping && mapping.TryGet(key, out var entry) && !entry.Value.IsRemoval && Enter(entry);
        }

        // Lists are replaced as a whole, so a value is the host's own exactly when the host's own tree has it.
        var prefix =
            own is null && described is not null
                ? new StringBuilder().AppendKey("defaults")
                : new StringBuilder().AppendKey("hosts").AppendKey(Name);
        var separator = path.Length > 0 && path[0] != '[' ? "." : "";
        return new Location(value, keyPlace, $"{prefix}{separator}{path}");

        bool Enter(YamlEntry entry)
        {
            node = entry.Value;
            own = (own as YamlMapping).Value(entry.Key);
            described = (described as YamlMapping).Value(entry.Key);
            keyPlace = entry.KeyPlace;
            value = node is YamlScalar ? node.Place : keyPlace;
            return true;
        }
    }

    /// <summary>The mapping at <paramref name="keys"/>, or null when there is none.</summary>
    public YamlMapping? MappingAt(params ReadOnlySpan<string> keys)
    {
        YamlNode? node = Merged;
        foreach (var key in keys)
        {
            node = node is YamlSequence list ? list.Item(key) : (node as YamlMapping).Value(key);
        }

        return node as YamlMapping;
    }
}

/// <summary>Steps down a tree that may not have the whole path.</summary>
file static class Steps
{
    public static YamlNode? Value(this YamlMapping? mapping, string key) =>
        mapping is not null && mapping.TryGet(key, out var entry) ? entry.Value : null;

    public static YamlNode? Item(this YamlSequence? list, string key) =>
        list is not null && int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < list.Items.Count
            ? list.Items[index]
            : null;
}
