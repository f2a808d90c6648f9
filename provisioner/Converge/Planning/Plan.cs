using System.Text.Json.Serialization;
using Cloudlet.Converge.Kinds;
using Cloudlet.DesiredState;

namespace Cloudlet.Converge.Planning;

/// <summary>What is to be done with a resource.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ChangeAction>))]
public enum ChangeAction
{
    /// <summary>It is absent and is made.</summary>
    [JsonStringEnumMemberName("create")] Create,

    /// <summary>It is there and some properties change in place.</summary>
    [JsonStringEnumMemberName("update")] Update,

    /// <summary>It is there, but a property cannot be changed in place: it is made anew.</summary>
    [JsonStringEnumMemberName("replace")] Replace,

    /// <summary>It is ours and nobody describes it any more.</summary>
    [JsonStringEnumMemberName("remove")] Remove,

    /// <summary>It is as described now, but something it watches changes, or something it stands on is made anew: it will be looked at again then.</summary>
    [JsonStringEnumMemberName("refresh")] Refresh,

    /// <summary>It could not be observed; <see cref="ResourceChange.Error"/> says why.</summary>
    [JsonStringEnumMemberName("unknown")] Unknown,
}

/// <summary>One resource that is not as described, as people and machines are told.</summary>
/// <param name="Id">The resource.</param>
/// <param name="Action">What is to be done.</param>
/// <param name="Properties">What changes, property by property.</param>
public record ResourceChange(string Id, ChangeAction Action, IReadOnlyList<PropertyChange> Properties)
{
    /// <summary>Why the resource could not be observed.</summary>
    public string? Error { get; init; }
}

/// <summary>A change with all that is needed to make it.</summary>
/// <param name="Spec">The wanted spec; for a removal, the spec of what is removed.</param>
/// <param name="Action">What is to be done.</param>
/// <param name="Properties">What changes, property by property.</param>
public sealed record PlannedChange(ResourceSpec Spec, ChangeAction Action, IReadOnlyList<PropertyChange> Properties)
    : ResourceChange(Spec.Id, Action, Properties)
{
    /// <summary>The observation that the change starts from; null for removals.</summary>
    public Observation? Observation { get; init; }
}

/// <summary>The way from what is to what should be. Pure data: <c>cloudlet plan</c> prints it, <c>apply</c> does it, <c>verify</c> expects it to be empty.</summary>
/// <param name="Desired">What should be.</param>
/// <param name="Changes">In the order of ids; the order of doing follows <see cref="ResourceSpec.After"/>.</param>
public sealed record Plan(HostState Desired, IReadOnlyList<PlannedChange> Changes)
{
    /// <summary>True when the host is as described.</summary>
    public bool IsEmpty => Changes.Count == 0;
}
