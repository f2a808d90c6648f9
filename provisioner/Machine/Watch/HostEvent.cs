namespace Cloudlet.Machine.Watch;

/// <summary>
/// Where to look. An event never says what is true there: between the event and the look everything may have changed again, and for one
/// change there may be several events.
/// </summary>
public abstract record HostEvent
{
    /// <summary>Timestamp of the source's <see cref="TimeProvider"/> right after the kernel handed the event over.</summary>
    public required long At { get; init; }
}

/// <summary>A link, an address of it or a route over it came, changed or went. A link that got another name is reported under both.</summary>
/// <param name="Name">Its name, or null when that is not known.</param>
/// <param name="Index">Its index in the network namespace that is watched.</param>
public sealed record LinkTouched(string? Name, int Index) : HostEvent;

/// <summary>What is found at a watched path may be different: the thing itself, a folder above it, or a symbolic link on the way to it.</summary>
/// <param name="Path">The path as it was given to <see cref="FileWatch.Watch"/>.</param>
public sealed record PathTouched(string Path) : HostEvent;

/// <summary>The state of a unit, its files or its main process may be different.</summary>
/// <param name="Unit">The unit's name as it was given.</param>
public sealed record UnitTouched(string Unit) : HostEvent;

/// <summary>Events were or may have been lost: look at everything that this source stands for.</summary>
/// <param name="Source">One of the names in <see cref="WakeSourceNames"/>.</param>
/// <param name="Because">What happened, and what to do when it happens often.</param>
public sealed record EventsLost(string Source, string Because) : HostEvent;

/// <summary>The values of <see cref="EventsLost.Source"/>.</summary>
public static class WakeSourceNames
{
    /// <summary>Of <see cref="LinkWatch"/>.</summary>
    public const string Links = "links";

    /// <summary>Of <see cref="FileWatch"/>.</summary>
    public const string Files = "files";

    /// <summary>Of <see cref="UnitWatch"/>.</summary>
    public const string Units = "units";

    /// <summary>Of <see cref="ProcessWatch"/>.</summary>
    public const string Processes = "processes";
}
