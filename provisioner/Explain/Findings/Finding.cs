using System.Text.Json.Serialization;

namespace Cloudlet.Explain.Findings;

/// <summary>How certain a finding is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Certainty>))]
public enum Certainty
{
    /// <summary>The evidence allows no other reading.</summary>
    [JsonStringEnumMemberName("sure")]
    Sure,

    /// <summary>The evidence fits, but part of it could not be seen.</summary>
    [JsonStringEnumMemberName("likely")]
    Likely,

    /// <summary>It may be so, and need not be the reason why servers fail.</summary>
    [JsonStringEnumMemberName("possible")]
    Possible,
}

/// <summary>What supports a finding.</summary>
/// <param name="Exhibit">Id of the exhibit.</param>
/// <param name="Quote">The line, or the properties of an answer; for something missing, what exists instead.</param>
public sealed record Evidence([property: JsonRequired] string Exhibit, [property: JsonRequired] string Quote);

/// <summary>One cause that was found.</summary>
/// <param name="Cause">Which cause.</param>
/// <param name="Subject">What it is about: a unit, file, host, flavor.</param>
/// <param name="Certainty">How certain it is.</param>
/// <param name="Summary">What is wrong, in a sentence.</param>
public sealed record Finding(
    [property: JsonRequired] CauseKind Cause,
    [property: JsonRequired] string Subject,
    [property: JsonRequired] Certainty Certainty,
    [property: JsonRequired] string Summary
)
{
    /// <summary>What supports it, at least one.</summary>
    public required IReadOnlyList<Evidence> Evidence { get; init; }

    /// <summary>What healthd does about it by itself, on a host whose description has the unit.</summary>
    public required string Heals { get; init; }

    /// <summary>What the operator has to do.</summary>
    public required string Remedy { get; init; }

    /// <summary>The cause that this follows from; null for a root. Repairing the root repairs this too.</summary>
    public CauseKind? FollowsFrom { get; init; }
}

/// <summary>Something that could not be seen, and why.</summary>
/// <param name="Exhibit">Id of the exhibit.</param>
/// <param name="Reason">Why it says nothing.</param>
public sealed record Unknown([property: JsonRequired] string Exhibit, [property: JsonRequired] string Reason);
