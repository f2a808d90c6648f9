namespace Cloudlet.Benchmarks.Nova;

/// <summary>One way from a broken Nova to a running server.</summary>
/// <param name="Name">Its name in the report.</param>
/// <param name="What">What is done, in one sentence.</param>
/// <param name="Fault">Nova's message about the first failed server; null when none failed.</param>
/// <param name="Seconds">By moment, seconds since the start of the trial; moments that did not occur are absent.</param>
internal sealed record NovaTrial(string Name, string What, string? Fault, IReadOnlyDictionary<Moment, double> Seconds)
{
    /// <summary>
    /// From the failure, or from the moment when a repair became possible, to the next running server; null: not within the time limit.
    /// </summary>
    public double? Repair =>
        Seconds.TryGetValue(Moment.Active, out var end) ? end - Seconds.GetValueOrDefault(Moment.RepairMayBegin) : null;
}

/// <summary>The moments of a trial, in their order.</summary>
internal enum Moment
{
    /// <summary>The commands that break Nova have finished.</summary>
    Broken,

    /// <summary>Nova considers the compute service down.</summary>
    Down,

    /// <summary>A server ended in ERROR.</summary>
    NoValidHost,

    /// <summary>The daemon runs again, or the operator types a command.</summary>
    RepairMayBegin,

    /// <summary>nova-compute was restarted.</summary>
    Restarted,

    /// <summary>Nova considers it up.</summary>
    Up,

    /// <summary>The next server is ACTIVE.</summary>
    Active,
}
