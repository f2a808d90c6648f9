using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Plans;

namespace Cloudlet.Provider.Resources;

/// <summary>How much a message matters.</summary>
internal enum Weight
{
    /// <summary>Shown only while it happens.</summary>
    Passing,

    /// <summary>To be kept.</summary>
    Info,

    /// <summary>Needs attention.</summary>
    Warning,
}

/// <summary>
/// A message for the user. It contains names and never values: the diff shows values, with secrets hidden.
/// </summary>
/// <param name="Weight">How much it matters.</param>
/// <param name="Text">One line.</param>
internal sealed record Progress(Weight Weight, string Text)
{
    private const int MostNamed = 12;

    /// <summary>The message for an event; null: none.</summary>
    public static Progress? Of(ConvergeEvent happened) =>
        happened switch
        {
            ChangeStarted e => new Progress(Weight.Passing, $"{Word(e.Action)} {e.Id}"),
            ChangeDone { Action: not ChangeAction.Refresh } e => new Progress(Weight.Passing, $"{Word(e.Action)} {e.Id}: done"),
            ChangeFailed e => new Progress(Weight.Warning, $"{Word(e.Action)} {e.Id} failed: {e.Message}"),
            ChangeSkipped e => new Progress(Weight.Warning, $"{e.Id} is left alone because {e.Because} failed"),
            Owned e => new Progress(
                Weight.Warning,
                $"this host is described by {e.Owner} since {e.Since:u}; "
                    + $"{(e.IsTakenOver ? "it is taken over" : "an update needs `takeOver: true`")}"
            ),
            Noticed e => new Progress(Weight.Info, e.Message),
            Planned { Kept: { } kept } => new Progress(
                Weight.Info,
                $"no longer described, and kept: {string.Join("; ", kept.Take(MostNamed).Select(static k => $"{k.Id} ({k.Reason})"))}"
                    + (kept.Count > MostNamed ? $" and {kept.Count - MostNamed} more" : "")
            ),
            RollbackStarted e => new Progress(Weight.Warning, $"rolling back: {e.Because}"),
            HealthReported { Status: null } => null,
            _ => null,
        };

    /// <summary>What a plan would change, on one line.</summary>
    public static Progress OfPlan(string host, IReadOnlyList<ResourceChange> changes)
    {
        var real = changes.Where(static c => c.Action != ChangeAction.Refresh).ToList();
        if (real.Count == 0)
            return new Progress(Weight.Info, $"{host} is as described");
        var named = string.Join(
            ", ",
            real.Take(MostNamed)
                .Select(static c =>
                    c.Properties.Count > 0 && c.Action == ChangeAction.Update
                        ? $"{Word(c.Action)} {c.Id} "
                            + $"({string.Join(", ", c.Properties.Select(static p => p.Path).Distinct(StringComparer.Ordinal))})"
                        : $"{Word(c.Action)} {c.Id}{(c.Reason is { } reason ? $" ({reason})" : "")}"
                )
        );
        return new Progress(Weight.Info, $"{host}: {named}{(real.Count > MostNamed ? $" and {real.Count - MostNamed} more" : "")}");
    }

    private static string Word(ChangeAction action) => action.ToString().ToLowerInvariant();
}
