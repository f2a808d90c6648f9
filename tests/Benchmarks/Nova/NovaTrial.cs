namespace Cloudlet.Benchmarks.Nova;

/// <summary>One way to come from a broken Nova to a server that runs.</summary>
/// <param name="Name">Its name in the report.</param>
/// <param name="What">What is done, one sentence.</param>
/// <param name="Fault">What Nova said about the first server that failed; null when none did.</param>
/// <param name="Seconds">By moment, seconds since the break began; absent moments did not come.</param>
internal sealed record NovaTrial(string Name, string What, string? Fault, IReadOnlyDictionary<Moment, double> Seconds)
{
    /// <summary>From the break, or from the moment that somebody or something could begin to repair, to the next server that runs; null: not within the time it was given.</summary>
    public double? Repair => Seconds.TryGetValue(Moment.Active, out var end) ? end - Seconds.GetValueOrDefault(Moment.RepairMayBegin) : null;
}

/// <summary>What happens in a trial, in its order.</summary>
internal enum Moment
{
    /// <summary>The commands that break it have ended.</summary>
    Broken,

    /// <summary>Nova takes the compute service for down.</summary>
    Down,

    /// <summary>A server ended in ERROR.</summary>
    NoValidHost,

    /// <summary>The daemon runs again, or the operator types a command.</summary>
    RepairMayBegin,

    /// <summary>nova-compute was started anew.</summary>
    Restarted,

    /// <summary>Nova takes it for up.</summary>
    Up,

    /// <summary>The next server is ACTIVE.</summary>
    Active,
}
