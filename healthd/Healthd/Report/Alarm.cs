using System.Text.Json.Serialization;
using Cloudlet.Converge.Healing;

namespace Cloudlet.Healthd.Report;

/// <summary>Something that the operator has to know, from when it is raised until it is cleared.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Subject">Id of the resource, or the host's name.</param>
/// <param name="Message">What was found and what to do.</param>
/// <param name="Raised">When, UTC.</param>
public sealed record Alarm(
    [property: JsonRequired] AlarmKind Kind,
    [property: JsonRequired] string Subject,
    [property: JsonRequired] string Message,
    [property: JsonRequired] DateTimeOffset Raised
)
{
    /// <summary>When it was cleared, UTC; null while it is active.</summary>
    public DateTimeOffset? Cleared { get; init; }

    /// <summary>Two alarms with the same key are the same alarm.</summary>
    [JsonIgnore]
    public (AlarmKind Kind, string Subject) Key => (Kind, Subject);
}
