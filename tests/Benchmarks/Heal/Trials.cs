using Cloudlet.Benchmarks.Common;

namespace Cloudlet.Benchmarks.Heal;

/// <summary>One loss. Times are milliseconds from just before it was asked for.</summary>
/// <param name="What">What was lost: <c>link</c>, <c>address</c>, <c>file</c>, <c>200 links</c>.</param>
/// <param name="Event">Until the observer had the kernel's own event; null for files, of which it asks for none.</param>
/// <param name="Decided">Until the daemon's record says that the loss was seen and the repair began; null for peers, which say nothing of the kind.</param>
/// <param name="Restored">Until everything was there again; null when it was not within the bound.</param>
internal sealed record Trial(string What, double? Event, double? Decided, double? Restored);

/// <summary>Trials of one program.</summary>
/// <param name="Program">Its name with its flags.</param>
/// <param name="What">What was lost.</param>
/// <param name="BoundSeconds">How long a trial waited at most.</param>
/// <param name="Trials">In the order they were made.</param>
internal sealed record TrialSeries(string Program, string What, double BoundSeconds, IReadOnlyList<Trial> Trials)
{
    /// <summary>Milliseconds from just before the loss was asked for to the decision.</summary>
    public Samples Detection => new([.. Trials.Select(t => t.Decided).OfType<double>()]);

    /// <summary>Milliseconds from the kernel's event, as the observer got it, to the decision.</summary>
    public Samples DetectionFromEvent => new([.. Trials.Where(t => t.Decided is not null && t.Event is not null).Select(t => t.Decided!.Value - t.Event!.Value)]);

    /// <summary>Milliseconds until everything was there again, of those that were restored.</summary>
    public Samples Restored => new([.. Trials.Select(t => t.Restored).OfType<double>()]);

    /// <summary>Trials in which it was not restored within the bound.</summary>
    public int NotRestored => Trials.Count(t => t.Restored is null);
}
