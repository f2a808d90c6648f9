using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;
using Cloudlet.Wire.Values;

namespace Cloudlet.Provider.Resources;

/// <summary>The kind of change of a property.</summary>
internal enum DiffKind
{
    Add,
    Delete,
    Update,
}

/// <summary>A property that changes.</summary>
/// <param name="Path">Its path, as the engine writes paths.</param>
/// <param name="Kind">The kind of change.</param>
/// <param name="IsInput">True when the description changed; false when the host did.</param>
/// <param name="Replaces">True when the change means another host.</param>
internal sealed record DiffEntry(string Path, DiffKind Kind, bool IsInput, bool Replaces);

/// <summary>
/// What an update would change: the description compared with the previous one, and with the host as last observed. The second is the
/// comparison of <c>cloudlet plan</c>: it shows drift, and also a release of ours that writes the same description out differently.
/// </summary>
internal static class HostDiff
{
    /// <summary>All changes; empty: none.</summary>
    /// <param name="news">The new description.</param>
    /// <param name="oldInputs">The previous description.</param>
    /// <param name="oldOutputs">The host as last observed.</param>
    /// <param name="ignored">Paths whose drift does not count.</param>
    public static IReadOnlyList<DiffEntry> Between(
        HostInputs news,
        MapValue oldInputs,
        MapValue oldOutputs,
        IReadOnlyCollection<string> ignored
    )
    {
        var entries = new SortedDictionary<string, DiffEntry>(StringComparer.Ordinal);
        foreach (var (path, kind) in TreeDiff.Between(oldInputs, news.Tree))
            entries[path] = new DiffEntry(path, kind, IsInput: true, Replaces: false);
        var (before, after) = (HostPaths.Machine(new HostInputs(oldInputs, news.Name).Reach), HostPaths.Machine(news.Reach));
        if (before is not null && after is not null && before != after)
            entries["reach"] = new DiffEntry(
                "reach",
                (oldInputs["reach"], news.Tree["reach"]) switch
                {
                    (null, _) => DiffKind.Add,
                    (_, null) => DiffKind.Delete,
                    _ => DiffKind.Update,
                },
                IsInput: true,
                Replaces: true
            );
        else if (!news.HasUnknowns && news.Compile().State is { } desired)
            AddDrift(entries, news.Tree, desired, entries.Count > 0 ? news with { Tree = oldInputs } : null, oldOutputs, ignored);
        return [.. entries.Values];
    }

    private static void AddDrift(
        SortedDictionary<string, DiffEntry> entries,
        MapValue tree,
        HostState desired,
        HostInputs? olds,
        MapValue oldOutputs,
        IReadOnlyCollection<string> ignored
    )
    {
        var described = entries.Keys.ToList();
        if (ObservedHost.Read(oldOutputs[HostOutputs.ObservedKey]) is { } observed)
        {
            foreach (var change in Drift(observed, desired, olds?.Compile().State))
            foreach (
                var entry in Entries(change, tree, oldOutputs)
                    .Where(e => !described.Any(d => Covers(d, e.Path)) && !ignored.Any(i => Covers(i, e.Path)))
            )
                entries.TryAdd(entry.Path, entry);
        }

        if (entries.Count == 0 && oldOutputs[HostOutputs.DigestKey]?.Plain() is TextValue { Value: var digest } && digest != desired.Digest)
            entries[HostOutputs.DigestKey] = new DiffEntry(HostOutputs.DigestKey, DiffKind.Update, IsInput: false, Replaces: false);
    }

    /// <summary>
    /// What differs from the new description and differed from the previous one too; the rest is a change of the description.
    /// </summary>
    private static IEnumerable<ResourceChange> Drift(ObservedHost observed, HostState desired, HostState? before)
    {
        var changes = observed.Compare(desired);
        if (before is null)
            return changes;
        var known = observed
            .Compare(before)
            .ToDictionary(
                static c => c.Id,
                static c => c.Properties.Select(static p => p.Path).ToHashSet(StringComparer.Ordinal),
                StringComparer.Ordinal
            );
        return changes
            .Where(c => known.ContainsKey(c.Id))
            .Select(c => c with { Properties = [.. c.Properties.Where(p => known[c.Id].Contains(p.Path))] })
            .Where(static c => c.Action != ChangeAction.Update || c.Properties.Count > 0);
    }

    private static IEnumerable<DiffEntry> Entries(ResourceChange change, MapValue tree, MapValue outputs)
    {
        if (HostPaths.KeysOf(tree, change.Id) is not { } keys)
        {
            var kind = change.Action switch
            {
                ChangeAction.Create => DiffKind.Add,
                ChangeAction.Remove => DiffKind.Delete,
                _ => DiffKind.Update,
            };
            yield return new DiffEntry(
                PropertyPath.Root.Key(HostOutputs.ObservedKey).Key(change.Id).Text,
                kind,
                IsInput: false,
                Replaces: false
            );
            yield break;
        }

        if (change.Action == ChangeAction.Create)
        {
            yield return new DiffEntry(InputTree.PathOf(tree, keys), DiffKind.Add, IsInput: false, Replaces: false);
            yield break;
        }

        foreach (var property in change.Properties.Select(static p => p.Path).Distinct(StringComparer.Ordinal))
        {
            string[] way = [.. keys, HostPaths.KeyOf(change.Id, property)];
            var kind = (InputTree.Find(outputs, way), InputTree.Find(tree, way)) switch
            {
                (null, not null) => DiffKind.Add,
                (not null, null) => DiffKind.Delete,
                _ => DiffKind.Update,
            };
            yield return new DiffEntry(InputTree.PathOf(tree, way), kind, IsInput: false, Replaces: false);
        }
    }

    /// <summary>True when a path equals another one, or is above or below it.</summary>
    private static bool Covers(string path, string other)
    {
        var (shorter, longer) = path.Length <= other.Length ? (path, other) : (other, path);
        return longer.StartsWith(shorter, StringComparison.Ordinal)
            && (longer.Length == shorter.Length || longer[shorter.Length] is '.' or '[');
    }
}

/// <summary>Compares two trees.</summary>
internal static class TreeDiff
{
    /// <summary>
    /// The deepest paths at which they differ. A value that is secret on only one side counts as different: it must not stay readable in
    /// the engine's state.
    /// </summary>
    public static IEnumerable<(string Path, DiffKind Kind)> Between(MapValue before, MapValue after) =>
        OfMaps(PropertyPath.Root, before, after);

    private static IEnumerable<(string Path, DiffKind Kind)> OfValues(PropertyPath path, PropertyValue before, PropertyValue after)
    {
        while (before is SecretValue { Value: var oldValue } && after is SecretValue { Value: var newValue })
            (before, after) = (oldValue, newValue);
        return (before, after) switch
        {
            (MapValue old, MapValue wanted) => OfMaps(path, old, wanted),
            (ListValue old, ListValue wanted) => OfLists(path, old, wanted),
            _ => before.Equals(after) ? [] : [(path.Text, DiffKind.Update)],
        };
    }

    private static IEnumerable<(string Path, DiffKind Kind)> OfMaps(PropertyPath path, MapValue before, MapValue after)
    {
        foreach (var (key, value) in before.Entries)
        foreach (var change in after[key] is { } next ? OfValues(path.Key(key), value, next) : [(path.Key(key).Text, DiffKind.Delete)])
            yield return change;
        foreach (var key in after.Entries.Keys.Where(key => before[key] is null))
            yield return (path.Key(key).Text, DiffKind.Add);
    }

    private static IEnumerable<(string Path, DiffKind Kind)> OfLists(PropertyPath path, ListValue before, ListValue after)
    {
        for (var i = 0; i < Math.Max(before.Items.Length, after.Items.Length); i++)
        {
            if (i >= after.Items.Length)
                yield return (path.Index(i).Text, DiffKind.Delete);
            else if (i >= before.Items.Length)
                yield return (path.Index(i).Text, DiffKind.Add);
            else
                foreach (var change in OfValues(path.Index(i), before.Items[i], after.Items[i]))
                    yield return change;
        }
    }
}
