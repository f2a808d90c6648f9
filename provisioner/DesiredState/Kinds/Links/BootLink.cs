namespace Cloudlet.DesiredState.Kinds.Links;

/// <summary>A link as the boot configuration needs it.</summary>
/// <param name="Link">The description of the link.</param>
/// <param name="RequiredForOnline">The boot waits for it before the host counts as online.</param>
public sealed record BootLink(LinkSpec Link, bool RequiredForOnline)
{
    /// <summary>Accepts router advertisements, whichever program processes them.</summary>
    public bool AcceptsRa { get; init; }
}
