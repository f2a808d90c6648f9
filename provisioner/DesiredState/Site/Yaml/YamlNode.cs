namespace Cloudlet.DesiredState.Site.Yaml;

/// <summary>A value of a YAML document, with its place. Nodes are immutable; aliases share them.</summary>
internal abstract class YamlNode(SourcePlace place)
{
    /// <summary>Where the value starts; for an aliased value, where it is written out.</summary>
    public SourcePlace Place { get; } = place;

    /// <summary>Number of nodes in this tree, with every alias counted as if it were written out.</summary>
    public abstract long Size { get; }

    /// <summary>Nodes on the longest path down, including this one.</summary>
    public abstract int Height { get; }

    /// <summary>The type of the node, for messages: "text", "a list".</summary>
    public abstract string Noun { get; }

    /// <summary>An explicit <c>~</c> or <c>null</c>: removes an inherited value.</summary>
    public virtual bool IsRemoval => false;
}

/// <summary>A scalar as written: its meaning depends on its place.</summary>
internal sealed class YamlScalar(SourcePlace place, string text, bool isPlain) : YamlNode(place)
{
    /// <summary>The text after escapes and folding.</summary>
    public string Text { get; } = text;

    /// <summary>True when it is written without quotes or block indicator, so that it may be a number, a boolean or null.</summary>
    public bool IsPlain { get; } = isPlain;

    /// <summary>The value of a key without a value.</summary>
    public bool IsEmpty => IsPlain && Text.Length == 0;

    /// <inheritdoc/>
    public override bool IsRemoval => IsPlain && Text is "~" or "null" or "Null" or "NULL";

    /// <inheritdoc/>
    public override long Size => 1;

    /// <inheritdoc/>
    public override int Height => 1;

    /// <inheritdoc/>
    public override string Noun =>
        this switch
        {
            { IsEmpty: true } => "nothing",
            { IsRemoval: true } => "null",
            { IsPlain: false } => "text",
            _ when CoreSchema.TryBoolean(Text, out _) => $"the boolean {Text}",
            _ when CoreSchema.IsNumber(Text) => $"the number {Text}",
            _ => "text",
        };
}

/// <summary>A list.</summary>
internal sealed class YamlSequence : YamlNode
{
    public YamlSequence(SourcePlace place, IReadOnlyList<YamlNode> items)
        : base(place)
    {
        Items = items;
        Size = 1;
        foreach (var item in items)
        {
            Size += item.Size;
            Height = Math.Max(Height, item.Height);
        }

        Height++;
    }

    /// <summary>The items in their order.</summary>
    public IReadOnlyList<YamlNode> Items { get; }

    /// <inheritdoc/>
    public override long Size { get; }

    /// <inheritdoc/>
    public override int Height { get; }

    /// <inheritdoc/>
    public override string Noun => "a list";
}

/// <summary>A key, its place and its value.</summary>
internal readonly record struct YamlEntry(string Key, SourcePlace KeyPlace, YamlNode Value);

/// <summary>A mapping with unique text keys, in file order.</summary>
internal sealed class YamlMapping : YamlNode
{
    private readonly Dictionary<string, int> _positions;

    public YamlMapping(SourcePlace place, IReadOnlyList<YamlEntry> entries, bool replaces = false, bool isDamaged = false)
        : base(place)
    {
        Entries = entries;
        Replaces = replaces;
        IsDamaged = isDamaged;
        _positions = new Dictionary<string, int>(entries.Count, StringComparer.Ordinal);
        Size = 1;
        for (var i = 0; i < entries.Count; i++)
        {
            _positions.Add(entries[i].Key, i);
            Size += 1 + entries[i].Value.Size;
            Height = Math.Max(Height, entries[i].Value.Height);
        }

        Height++;
    }

    /// <summary>Keys and values.</summary>
    public IReadOnlyList<YamlEntry> Entries { get; }

    /// <summary>True when it was layered over something that is not a mapping (such as a removal): it hides everything below it.</summary>
    public bool Replaces { get; }

    /// <summary>
    /// True when an invalid entry was removed from it: then a missing key need not be reported.
    /// </summary>
    public bool IsDamaged { get; }

    /// <inheritdoc/>
    public override long Size { get; }

    /// <inheritdoc/>
    public override int Height { get; }

    /// <inheritdoc/>
    public override string Noun => "a mapping";

    /// <summary>The entry of a key.</summary>
    public bool TryGet(string key, out YamlEntry entry)
    {
        var found = _positions.TryGetValue(key, out var position);
        entry = found ? Entries[position] : default;
        return found;
    }
}
