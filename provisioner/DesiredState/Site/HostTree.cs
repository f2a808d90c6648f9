using System.Globalization;
using System.Text;
using Cloudlet.DesiredState.Site.Yaml;

namespace Cloudlet.DesiredState.Site;

/// <summary>Where something of a merged host stands.</summary>
/// <param name="Value">Place of the value; of a mapping or a list, the key above it, which is what a person looks for.</param>
/// <param name="Key">Place of the key.</param>
/// <param name="Path">Property path as the files have it: below <c>hosts.NAME</c>, or below <c>defaults</c> when the host inherits it.</param>
internal readonly record struct Location(SourcePlace Value, SourcePlace Key, string Path);

/// <summary>Finds the place of every value of a merged host.</summary>
/// <param name="Name">Name of the host.</param>
/// <param name="KeyPlace">Where the name stands.</param>
/// <param name="Own">What the host says itself.</param>
/// <param name="Merged">The same over the defaults.</param>
internal sealed record HostTree(string Name, SourcePlace KeyPlace, YamlMapping Own, YamlMapping Merged)
{
    /// <summary>Where the value behind <paramref name="keys"/> stands; where the files do not go that far, the deepest value they have.</summary>
    public Location Find(ReadOnlySpan<string> keys)
    {
        YamlNode node = Merged;
        YamlNode? own = Own;
        var (value, keyPlace) = (KeyPlace, KeyPlace);
        var path = new StringBuilder();
        var isFound = true;
        foreach (var key in keys)
        {
            if (isFound && node is YamlSequence list && Item(list, key) is { } item)
            {
                path.Append('[').Append(key).Append(']');
                (node, own) = (item, own is YamlSequence owns ? Item(owns, key) : null);
                value = keyPlace = node.Place;
                continue;
            }

            path.AppendKey(key);
            isFound = isFound && node is YamlMapping mapping && mapping.TryGet(key, out var entry) && !entry.Value.IsRemoval && Enter(entry);
        }

        // Lists are replaced as a whole, so a value is the host's own exactly when the host's own tree has it.
        var prefix = own is null ? new StringBuilder().AppendKey("defaults") : new StringBuilder().AppendKey("hosts").AppendKey(Name);
        var separator = path.Length > 0 && path[0] != '[' ? "." : "";
        return new Location(value, keyPlace, $"{prefix}{separator}{path}");

        bool Enter(YamlEntry entry)
        {
            node = entry.Value;
            own = own is YamlMapping owns && owns.TryGet(entry.Key, out var ownEntry) ? ownEntry.Value : null;
            keyPlace = entry.KeyPlace;
            value = node is YamlScalar ? node.Place : keyPlace;
            return true;
        }
    }

    /// <summary>The mapping behind <paramref name="keys"/>, or null when there is none.</summary>
    public YamlMapping? MappingAt(params ReadOnlySpan<string> keys)
    {
        YamlNode? node = Merged;
        foreach (var key in keys)
        {
            node = node switch
            {
                YamlMapping mapping when mapping.TryGet(key, out var entry) => entry.Value,
                YamlSequence list => Item(list, key),
                _ => null,
            };
        }

        return node as YamlMapping;
    }

    private static YamlNode? Item(YamlSequence list, string key) =>
        int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < list.Items.Count ? list.Items[index] : null;
}
