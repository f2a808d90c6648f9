using System.Globalization;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.State;
using Cloudlet.Errors;

namespace Cloudlet.Converge;

/// <summary>
/// Decides which description a host obeys: the first to describe it, until the host is restored or explicitly taken over. A run without a
/// claim, as those of tests and guards, is not checked.
/// </summary>
internal sealed class OwnershipRules(IConvergeStore store, TimeProvider clock, ConvergeEventSink events)
{
    /// <summary>Reports another owner; planning is allowed for every description.</summary>
    public void Tell(OwnerClaim? claim)
    {
        if (Other(claim) is { } other)
            events(new Owned(other.Owner, other.Since) { IsTakenOver = claim!.TakeOver });
    }

    /// <summary>Refuses a claim that may not change the host.</summary>
    /// <exception cref="CloudletException">OwnedByOther: another description owns it.</exception>
    public void Require(OwnerClaim? claim)
    {
        if (Other(claim) is not { } other)
            return;
        if (!claim!.TakeOver)
            throw new CloudletException(ErrorKind.OwnedByOther, Refusal(claim.Owner, other));
        Tell(claim);
    }

    /// <summary>True when the run would change the owner.</summary>
    public bool ChangesHands(OwnerClaim? claim) => Other(claim) is not null;

    /// <summary>Records the owner from now on. Everything else that a rollback needs is on disk already.</summary>
    /// <param name="claim">The owner that applies; null: the present owner stays.</param>
    /// <param name="run">The run that changes the host; null: it already is as described, and nothing changes.</param>
    /// <param name="unfinished">The run that this one resumes; null: none.</param>
    public void Take(OwnerClaim? claim, string? run, string? unfinished)
    {
        if (claim is null)
            return;
        var current = store.ReadOwner();
        if (current?.Owner == claim.Owner)
        {
            if (run is not null && unfinished is not null && current.Run == unfinished)
                store.WriteOwner(current with { Run = run });
            return;
        }

        var isRenamed = current is not null && claim.Covers(current.Owner);
        if (isRenamed && claim.Owner.Kind == OwnerKind.State)
            return; // its site stays the owner
        store.WriteOwner(
            isRenamed
                ? current! with
                {
                    Owner = claim.Owner,
                }
                : new Ownership
                {
                    Owner = claim.Owner,
                    Since = clock.GetUtcNow(),
                    Run = run,
                    Before = current?.Owner,
                }
        );
    }

    /// <summary>A run was rolled back: if it took the host over, the previous owner gets it back.</summary>
    public void GoBack(string run)
    {
        if (store.ReadOwner() is { } current && current.Run == run)
            store.WriteOwner(current.Before is { } before ? new Ownership { Owner = before, Since = clock.GetUtcNow() } : null);
    }

    /// <summary>The host was restored: it has no owner.</summary>
    public void End()
    {
        if (store.ReadOwner() is not null)
            store.WriteOwner(null);
    }

    private Ownership? Other(OwnerClaim? claim) =>
        claim is not null && store.ReadOwner() is { } current && !claim.Covers(current.Owner) ? current : null;

    private static string Refusal(Owner asking, Ownership current)
    {
        var since = current.Since.ToString("u", CultureInfo.InvariantCulture);
        var way = asking.Kind != OwnerKind.Pulumi ? "apply with --take-over" : "set `takeOver: true` on the resource for one update";
        var renamed =
            (asking.Kind, asking.Name) == (current.Owner.Kind, current.Owner.Name)
                ? asking.Kind == OwnerKind.Pulumi
                    ? " A renamed resource keeps its host if it has an alias with its old name."
                    : " A renamed host must be taken over, too."
                : "";
        return $"this host is described by {current.Owner} since {since}, and two descriptions would undo each other; nothing was "
            + $"changed. Remove the host there, or let {asking} describe it from now "
            + $"on: {way}.{renamed}";
    }
}
