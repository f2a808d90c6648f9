namespace Cloudlet.DesiredState.Site.Yaml;

/// <summary>
/// Layers one tree over another: mappings merge key by key, everything else (including lists) is replaced as a whole. A removal (<c>~</c>)
/// stays in the tree, so that it also removes values that are layered under it later; that and <see cref="YamlMapping.Replaces"/> make
/// merging associative, and an empty mapping is its neutral element.
/// </summary>
internal static class YamlMerge
{
    /// <summary><paramref name="upper"/> over <paramref name="lower"/>; values keep their places.</summary>
    public static YamlNode Merge(YamlNode lower, YamlNode upper)
    {
        if (upper is not YamlMapping over)
            return upper;
        if (lower is YamlMapping under)
            return over.Replaces ? over : Merge(under, over);
        return over.Replaces ? over : new YamlMapping(over.Place, over.Entries, replaces: true, over.IsDamaged);
    }

    /// <summary>Two mappings, key by key.</summary>
    public static YamlMapping Merge(YamlMapping lower, YamlMapping upper)
    {
        if (upper.Replaces)
            return upper;
        var entries = new List<YamlEntry>(lower.Entries.Count + upper.Entries.Count);
        foreach (var entry in lower.Entries)
            entries.Add(upper.TryGet(entry.Key, out var over) ? over with { Value = Merge(entry.Value, over.Value) } : entry);
        foreach (var entry in upper.Entries)
        {
            if (!lower.TryGet(entry.Key, out _))
                entries.Add(entry);
        }

        return new YamlMapping(upper.Place, entries, lower.Replaces, lower.IsDamaged || upper.IsDamaged);
    }
}
