using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;

namespace Cloudlet.Converge.Planning;

/// <summary>
/// Finds properties that the description named before and no longer names, of resources that it keeps: each returns to its value before
/// our first change, if that is known and the present value is still ours.
/// </summary>
/// <param name="kinds">The kinds that give properties back.</param>
/// <param name="look">Observes one resource.</param>
internal sealed class Returns(KindRegistry kinds, Func<ResourceSpec, CancellationToken, Task<Observation>> look)
{
    private static readonly HashSet<string> NoProperties = new(StringComparer.Ordinal) { "resource", "id", "kind", "after", "watches" };

    /// <summary>The goal: <paramref name="desired"/> itself, or with the properties that return to earlier values.</summary>
    /// <param name="desired">The description.</param>
    /// <param name="earlier">The same resource in earlier descriptions.</param>
    /// <param name="past">Records of earlier runs.</param>
    /// <param name="ct">Cancels the observation.</param>
    public async Task<ResourceSpec> WithAsync(ResourceSpec desired, IEnumerable<ResourceSpec> earlier, Past past, CancellationToken ct)
    {
        var goal = desired;
        try
        {
            foreach (var last in earlier.Where(s => !ReferenceEquals(s, desired) && s.GetType() == desired.GetType()))
                if (LeftOf(desired, last) && BeforeOf(desired, past) is { } before)
                    goal = await GiveBackAsync(goal, desired, last, before, ct);
            return ReferenceEquals(goal, desired) || await IsRefusedAsync(goal, desired, ct) ? desired : goal;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A failed observation is reported for the described resource; a record of ours is not a reason to stop.
            return desired;
        }
    }

    /// <summary>True when the earlier description has something that the present one lacks.</summary>
    private static bool LeftOf(ResourceSpec desired, ResourceSpec last)
    {
        var wanted = SpecDiff.ToJson(desired);
        return Named(last)
            .Any(p => wanted[p.Key] is not { } now || (now is JsonArray list && p.Value is JsonArray earlier && !Same(list, earlier)));
    }

    /// <summary>The state of the resource before us; for one that we made, its state with all defaults.</summary>
    private ResourceSpec? BeforeOf(ResourceSpec desired, Past past) =>
        past.Baseline.BeforeOf(desired.Id) is { } before ? (before.GetType() == desired.GetType() ? before : null)
        : past.Baseline.CreatedOf(desired.Id) is not null ? kinds.For(desired).Undescribed(desired)
        : null;

    private async Task<ResourceSpec> GiveBackAsync(
        ResourceSpec goal,
        ResourceSpec desired,
        ResourceSpec last,
        ResourceSpec before,
        CancellationToken ct
    )
    {
        var kind = kinds.For(desired);
        var (asApplied, asDesired) = (await look(last, ct), await look(desired, ct));
        if (asApplied is not { Error: null, Actual: { } actual, Managed: { } judged } || asDesired is not { Error: null, Actual: { } now })
            return goal;
        var back = SpecDiff.ToJson(kind.GiveBack(before, last, actual));
        var (wanted, applied, seen, observable) = (
            SpecDiff.ToJson(goal),
            SpecDiff.ToJson(last),
            SpecDiff.ToJson(judged),
            SpecDiff.ToJson(now)
        );
        if (!JsonNode.DeepEquals(back["kind"], wanted["kind"]))
            return goal;
        var changed = false;
        foreach (var (name, value) in Named(last).ToList())
        {
            // Settings of ours that are not facts on the host have nothing to return; values that others changed since are theirs.
            if (
                wanted[name] is not null
                || observable[name] is null
                || back[name] is not { } earlier
                || !Same(applied[name], seen[name])
                || Same(earlier, seen[name])
            )
                continue;
            wanted[name] = earlier.DeepClone();
            changed = true;
        }

        var returned = changed ? wanted.Deserialize(HostStateJson.Canonical.ResourceSpec) ?? goal : goal;
        return kind.WithoutLeft(returned, desired, before, last, actual);
    }

    /// <summary>True when the host would now refuse the earlier state: that must not make it refuse the description.</summary>
    private async Task<bool> IsRefusedAsync(ResourceSpec goal, ResourceSpec desired, CancellationToken ct)
    {
        var kind = kinds.For(desired);
        var alone = new Plan(HostState.Create("", []), []);
        var seen = await look(goal, ct);
        return (await kind.PreflightAsync(goal, seen.Actual, alone, ct))
            .Except(await kind.PreflightAsync(desired, seen.Actual, alone, ct), StringComparer.Ordinal)
            .Any();
    }

    private static IEnumerable<KeyValuePair<string, JsonNode?>> Named(ResourceSpec spec) =>
        SpecDiff.ToJson(spec).Where(static p => p.Value is not null && !NoProperties.Contains(p.Key));

    private static bool Same(JsonNode? a, JsonNode? b) =>
        a is JsonArray first && b is JsonArray second
            ? first.Count == second.Count && first.All(x => second.Any(y => JsonNode.DeepEquals(x, y)))
            : JsonNode.DeepEquals(a, b);
}
