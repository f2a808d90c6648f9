using System.Text.Json.Serialization;
using Cloudlet.DesiredState;

namespace Cloudlet.Converge.Plans;

/// <summary>The action planned for a resource.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ChangeAction>))]
public enum ChangeAction
{
    /// <summary>It is absent and is created.</summary>
    [JsonStringEnumMemberName("create")]
    Create,

    /// <summary>It is present and some properties change in place.</summary>
    [JsonStringEnumMemberName("update")]
    Update,

    /// <summary>It is present, but a property cannot be changed in place: it is removed and created again.</summary>
    [JsonStringEnumMemberName("replace")]
    Replace,

    /// <summary>It is ours and is no longer described.</summary>
    [JsonStringEnumMemberName("remove")]
    Remove,

    /// <summary>It was there before us and is no longer described: its previous state is restored.</summary>
    [JsonStringEnumMemberName("restore")]
    Restore,

    /// <summary>
    /// It is as described now, but something it watches changes, or a dependency is replaced: it will be observed again after that.
    /// </summary>
    [JsonStringEnumMemberName("refresh")]
    Refresh,

    /// <summary>It could not be observed; <see cref="ResourceChange.Error"/> says why.</summary>
    [JsonStringEnumMemberName("unknown")]
    Unknown,
}

/// <summary>One resource that is not as described, as reported to people and programs.</summary>
/// <param name="Id">The resource.</param>
/// <param name="Action">The planned action.</param>
/// <param name="Properties">What changes, property by property.</param>
public record ResourceChange(string Id, ChangeAction Action, IReadOnlyList<PropertyChange> Properties)
{
    /// <summary>Why the resource could not be observed.</summary>
    public string? Error { get; init; }

    /// <summary>Why it, or properties that are no longer described, are removed or restored; null for other changes.</summary>
    public string? Reason { get; init; }

    /// <summary>What the host knows about the cause of the deviation; null: nothing, or the host was not asked.</summary>
    public string? Cause { get; init; }

    /// <summary>
    /// Why the host is certain to refuse the change; null: no known reason. An apply with such a change touches nothing.
    /// </summary>
    public IReadOnlyList<string>? Refusals { get; init; }
}

/// <summary>A resource that is no longer described and stays as it is.</summary>
/// <param name="Id">The resource.</param>
/// <param name="Reason">Why it stays.</param>
public sealed record KeptResource(string Id, string Reason);

/// <summary>A change with everything that is needed to make it.</summary>
/// <param name="Spec">The wanted spec; for a removal, the spec of what is removed; for a restore, the state to restore.</param>
/// <param name="Action">The planned action.</param>
/// <param name="Properties">What changes, property by property.</param>
public sealed record PlannedChange(ResourceSpec Spec, ChangeAction Action, IReadOnlyList<PropertyChange> Properties)
    : ResourceChange(Spec.Id, Action, Properties)
{
    /// <summary>The observation that the change starts from.</summary>
    public Observation? Observation { get; init; }
}

/// <summary>
/// The changes from the present to the desired state. Pure data: <c>cloudlet plan</c> prints it, <c>apply</c> applies it, <c>verify</c>
/// expects it to be empty.
/// </summary>
/// <param name="Desired">The desired state.</param>
/// <param name="Changes">Sorted by id; they are applied in the order of <see cref="ResourceSpec.After"/>.</param>
public sealed record Plan(HostState Desired, IReadOnlyList<PlannedChange> Changes)
{
    /// <summary>Resources that leave the description and stay on the host. They are not changes: nothing is done to them.</summary>
    public IReadOnlyList<KeptResource> Kept { get; init; } = [];

    /// <summary>True when the host is as described.</summary>
    public bool IsEmpty => Changes.Count == 0;

    /// <summary>Ids of the resources that change.</summary>
    public IReadOnlySet<string> ChangedIds() => Changes.Select(static c => c.Id).ToHashSet(StringComparer.Ordinal);

    /// <summary>True when the plan creates or changes a matching resource.</summary>
    public bool Makes(Func<PlannedChange, bool> of) =>
        Changes.Any(c => c.Action is ChangeAction.Create or ChangeAction.Update or ChangeAction.Replace && of(c));
}
