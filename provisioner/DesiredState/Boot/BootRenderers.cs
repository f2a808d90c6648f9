using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Boot;

/// <summary>The boot renderers by their name in a site file.</summary>
public static class BootRenderers
{
    /// <summary>The renderer, or null for a host without boot configuration.</summary>
    public static IBootRenderer? For(BootNetwork boot) =>
        boot switch
        {
            BootNetwork.Networkd => new NetworkdRenderer(),
            BootNetwork.Ifupdown => new IfupdownRenderer(),
            BootNetwork.None => null,
            _ => throw new ArgumentOutOfRangeException(nameof(boot), boot, "not a boot network"),
        };
}
