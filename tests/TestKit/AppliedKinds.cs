using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;

namespace Cloudlet.TestKit;

/// <summary>Applies a kind without an engine.</summary>
public static class AppliedKinds
{
    /// <summary>Applies with the action that the planner would have decided on.</summary>
    public static ValueTask ApplyAsync<TSpec>(this IResourceKind<TSpec> kind, TSpec desired, TSpec? observed, CancellationToken ct)
        where TSpec : ResourceSpec
    {
        var immutable = (kind as IHasImmutableProperties)?.ReplacedBy;
        var action =
            observed is null ? ChangeAction.Create
            : SpecDiff.Between(desired, observed).Any(c => immutable?.Contains(c.Path) == true) ? ChangeAction.Replace
            : ChangeAction.Update;
        return kind.ApplyAsync(desired, observed, action, ct);
    }
}
