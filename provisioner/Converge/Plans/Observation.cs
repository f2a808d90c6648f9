using Cloudlet.DesiredState;

namespace Cloudlet.Converge.Plans;

/// <summary>The result of one observation of a resource.</summary>
/// <param name="Id">The resource.</param>
/// <param name="Actual">Everything that was observed; null: absent.</param>
/// <param name="Managed">The same without the parts that we do not manage; plans compare this.</param>
/// <param name="Error">Why the observation failed, or null.</param>
public sealed record Observation(string Id, ResourceSpec? Actual, ResourceSpec? Managed, Exception? Error);
