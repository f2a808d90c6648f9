namespace Cloudlet.DesiredState.Sections;

/// <summary>Collects the problems of one host and finds their places.</summary>
internal sealed class HostReport(HostTree tree, List<Problem> problems)
{
    /// <summary>A value is wrong.</summary>
    public void Value(string message, params ReadOnlySpan<string> keys)
    {
        var location = tree.Find(keys);
        Add(location.Value, location, message);
    }

    /// <summary>A key is wrong, or something below it is missing.</summary>
    public void Key(string message, params ReadOnlySpan<string> keys)
    {
        var location = tree.Find(keys);
        Add(location.Key, location, message);
    }

    /// <summary>
    /// Something is missing below a key. Reported only when nothing there was removed for its structure: the missing key may be the
    /// misspelt one.
    /// </summary>
    public void Missing(string message, params ReadOnlySpan<string> keys)
    {
        if (!IsDamaged(keys))
            Key(message, keys);
    }

    /// <summary>
    /// True when something below a key was removed for its structure, so that a key that seems missing may have been there.
    /// </summary>
    public bool IsDamaged(params ReadOnlySpan<string> keys) => tree.MappingAt(keys) is { IsDamaged: true };

    /// <summary>The place of a value, for a message about another one.</summary>
    public SourcePlace PlaceOf(params ReadOnlySpan<string> keys) => tree.Find(keys).Value;

    private void Add(SourcePlace place, Location location, string message)
    {
        if (location.Key != tree.WrongRole)
            problems.Add(new Problem(place, location.Path, message));
    }
}
