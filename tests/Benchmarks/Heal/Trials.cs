using Cloudlet.Benchmarks.Common;

namespace Cloudlet.Benchmarks.Heal;

/// <summary>One loss. Times are milliseconds from just before it was requested.</summary>
/// <param name="What">What was lost: <c>link</c>, <c>address</c>, <c>file</c>, <c>200 links</c>.</param>
/// <param name="Event">Until the observer received the kernel's own event; null for files, for which it uses no events.</param>
/// <param name="Decided">Until the loss was detected and the repair began, from the daemon's record; null for peers, which do not
/// record that.</param>
/// <param name="Restored">Until everything was restored; null when the bound was exceeded.</param>
internal sealed record Trial(string What, double? Event, double? Decided, double? Restored);

/// <summary>Trials of one program.</summary>
/// <param name="Program">Its name with its flags.</param>
/// <param name="What">What was lost.</param>
/// <param name="BoundSeconds">Longest wait of a trial.</param>
/// <param name="Trials">In the order in which they ran.</param>
internal sealed record TrialSeries(string Program, string What, double BoundSeconds, IReadOnlyList<Trial> Trials)
{
    /// <summary>Milliseconds from just before the loss was requested to the decision.</summary>
    public Samples Detection => new([.. Trials.Select(t => t.Decided).OfType<double>()]);

    /// <summary>Milliseconds from the kernel's event, as the observer received it, to the decision.</summary>
    public Samples DetectionFromEvent =>
        new([.. Trials.Where(t => t.Decided is not null && t.Event is not null).Select(t => t.Decided!.Value - t.Event!.Value)]);

    /// <summary>Milliseconds until everything was restored, for restored losses.</summary>
    public Samples Restored => new([.. Trials.Select(t => t.Restored).OfType<double>()]);

    /// <summary>Number of trials without restoration within the bound.</summary>
    public int NotRestored => Trials.Count(t => t.Restored is null);
}
