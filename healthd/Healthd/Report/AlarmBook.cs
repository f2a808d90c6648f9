namespace Cloudlet.Healthd.Report;

/// <summary>The active alarms. Each is raised once and cleared once, however often its cause is seen. Not for several threads at once.</summary>
/// <param name="clock">Tells when.</param>
/// <param name="changed">Called with every alarm that is raised or cleared.</param>
public sealed class AlarmBook(TimeProvider clock, Action<Alarm> changed)
{
    private readonly Dictionary<(AlarmKind Kind, string Subject), Alarm> active = [];

    /// <summary>Those that are active, oldest first.</summary>
    public IReadOnlyList<Alarm> Active => [.. active.Values.OrderBy(a => a.Raised).ThenBy(a => a.Subject, StringComparer.Ordinal)];

    /// <summary>How often something was raised or cleared.</summary>
    public int Changes { get; private set; }

    /// <summary>Takes over what was active when an earlier run of the daemon ended, so that nothing is raised a second time.</summary>
    public void Restore(IEnumerable<Alarm> earlier)
    {
        foreach (var alarm in earlier.Where(a => a.Cleared is null))
            active.TryAdd(alarm.Key, alarm);
    }

    /// <summary>Raises an alarm unless it is active.</summary>
    public void Raise(AlarmKind kind, string subject, string message)
    {
        var alarm = new Alarm(kind, subject, message, clock.GetUtcNow());
        if (active.TryAdd(alarm.Key, alarm))
            Tell(alarm);
    }

    /// <summary>Clears an alarm if it is active.</summary>
    public void Clear(AlarmKind kind, string subject)
    {
        if (active.Remove((kind, subject), out var alarm))
            Tell(alarm with { Cleared = clock.GetUtcNow() });
    }

    /// <summary>Clears every alarm about a subject but those of <paramref name="but"/>.</summary>
    public void ClearAbout(string subject, params ReadOnlySpan<AlarmKind> but)
    {
        foreach (var (kind, about) in active.Keys.Where(k => k.Subject == subject).ToList())
            if (!but.Contains(kind))
                Clear(kind, about);
    }

    /// <summary>Clears what is about resources that nobody describes any more.</summary>
    public void Forget(Func<string, bool> isDescribed)
    {
        foreach (var (kind, subject) in active.Keys.Where(k => k.Subject.Contains(':') && !isDescribed(k.Subject)).ToList())
            Clear(kind, subject);
    }

    private void Tell(Alarm alarm)
    {
        Changes++;
        changed(alarm);
    }
}
