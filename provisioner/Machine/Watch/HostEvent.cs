namespace Cloudlet.Machine.Watch;

/// <summary>
/// What to observe again. An event does not carry the new state: it may change again before it is observed, and one change may cause
/// several events.
/// </summary>
public abstract record HostEvent
{
    /// <summary>Timestamp of the source's <see cref="TimeProvider"/> right after the event was read from the kernel.</summary>
    public required long At { get; init; }
}

/// <summary>
/// A link, one of its addresses or a route over it was added, changed or removed. A renamed link is reported under both names.
/// </summary>
/// <param name="Name">Its name, or null when it is unknown.</param>
/// <param name="Index">Its index in the watched network namespace.</param>
public sealed record LinkTouched(string? Name, int Index) : HostEvent;

/// <summary>An address, a hardware address, or a route to a destination was added, changed or removed on any link.</summary>
/// <param name="Address">The address, the hardware address in colon notation, or the destination with its prefix length.</param>
public sealed record AddressTouched(string Address) : HostEvent;

/// <summary>The target of a watched path may have changed: the file itself, a folder above it, or a symbolic link in the path.</summary>
/// <param name="Path">The path as it was given to <see cref="FileWatch.Watch"/>.</param>
public sealed record PathTouched(string Path) : HostEvent;

/// <summary>The state of a unit, its files or its main process may have changed.</summary>
/// <param name="Unit">The unit's name as it was given.</param>
public sealed record UnitTouched(string Unit) : HostEvent;

/// <summary>Events were or may have been lost: observe everything of this source again.</summary>
/// <param name="Source">One of the names in <see cref="WakeSourceNames"/>.</param>
/// <param name="Because">What happened, and what to do if it happens often.</param>
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
