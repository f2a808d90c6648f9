using Cloudlet.Converge.Healing;
using Cloudlet.Healthd.Report;

namespace Cloudlet.Healthd.Heal;

/// <summary>
/// The active alarms. Each is raised once and cleared once, however often its cause is seen. Not thread-safe.
/// </summary>
/// <param name="clock">Gives the time of each alarm.</param>
/// <param name="changed">Called with every alarm that is raised or cleared.</param>
public sealed class AlarmTracker(TimeProvider clock, Action<Alarm> changed)
{
    private readonly Dictionary<(AlarmKind Kind, string Subject), Alarm> _active = [];

    /// <summary>The active alarms, oldest first.</summary>
    public IReadOnlyList<Alarm> Active => [.. _active.Values.OrderBy(a => a.Raised).ThenBy(a => a.Subject, StringComparer.Ordinal)];

    /// <summary>Number of alarms raised and cleared so far.</summary>
    public int Changes { get; private set; }

    /// <summary>Restores the active alarms of the daemon's earlier run, so that none is raised twice.</summary>
    public void Restore(IEnumerable<Alarm> earlier)
    {
        foreach (var alarm in earlier.Where(a => a.Cleared is null))
            _active.TryAdd(alarm.Key, alarm);
    }

    /// <summary>Raises an alarm unless it is active.</summary>
    public void Raise(AlarmKind kind, string subject, string message)
    {
        var alarm = new Alarm(kind, subject, message, clock.GetUtcNow());
        if (_active.TryAdd(alarm.Key, alarm))
            Tell(alarm);
    }

    /// <summary>Clears an alarm if it is active.</summary>
    public void Clear(AlarmKind kind, string subject)
    {
        if (_active.Remove((kind, subject), out var alarm))
            Tell(alarm with { Cleared = clock.GetUtcNow() });
    }

    /// <summary>Clears every alarm about a subject except those of <paramref name="but"/>.</summary>
    public void ClearAbout(string subject, params ReadOnlySpan<AlarmKind> but)
    {
        foreach (var (kind, about) in _active.Keys.Where(k => k.Subject == subject).ToList())
            if (!but.Contains(kind))
                Clear(kind, about);
    }

    /// <summary>Clears alarms about resources that are no longer described.</summary>
    public void Forget(Func<string, bool> isDescribed)
    {
        foreach (var (kind, subject) in _active.Keys.Where(k => k.Subject.Contains(':') && !isDescribed(k.Subject)).ToList())
            Clear(kind, subject);
    }

    private void Tell(Alarm alarm)
    {
        Changes++;
        changed(alarm);
    }
}
