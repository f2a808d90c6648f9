namespace Cloudlet.DesiredState.Site.Validation;

/// <summary>Takes the problems of one host and gives them their places.</summary>
internal sealed class HostReport(HostTree tree, List<Problem> problems)
{
    /// <summary>A value is wrong.</summary>
    public void Value(string message, params ReadOnlySpan<string> keys)
    {
        var location = tree.Find(keys);
        Add(location.Value, location, message);
    }

    /// <summary>A key is wrong, or something of what stands below it is missing.</summary>
    public void Key(string message, params ReadOnlySpan<string> keys)
    {
        var location = tree.Find(keys);
        Add(location.Key, location, message);
    }

    /// <summary>
    /// Something is missing below a key. Said only when nothing there was thrown out for its structure: the missing key may be the misspelt one.
    /// </summary>
    public void Missing(string message, params ReadOnlySpan<string> keys)
    {
        if (!IsDamaged(keys))
            Key(message, keys);
    }

    /// <summary>True when something below a key was thrown out for its structure, so that what is not found there may well be there.</summary>
    public bool IsDamaged(params ReadOnlySpan<string> keys) => tree.MappingAt(keys) is { IsDamaged: true };

    /// <summary>Where a value stands, for a message about another one.</summary>
    public SourcePlace PlaceOf(params ReadOnlySpan<string> keys) => tree.Find(keys).Value;

    private void Add(SourcePlace place, Location location, string message)
    {
        if (location.Key != tree.WrongRole)
            problems.Add(new Problem(place, location.Path, message));
    }
}
