using Pulumi;

namespace Cloudlet.Sites;

/// <summary>One bridge of the host's Open vSwitch.</summary>
public sealed class OvsBridgeArgs : ResourceArgs
{
    /// <summary><c>system</c>: the kernel's module forwards; <c>netdev</c>: user space does; as it is when left out.</summary>
    [Input("datapath")]
    public Input<string>? Datapath { get; set; }

    /// <summary>What the bridge does without a controller: <c>standalone</c> or <c>secure</c>; as it is when left out.</summary>
    [Input("failMode")]
    public Input<string>? FailMode { get; set; }

    [Input("ports")]
    private InputList<string>? _ports;

    /// <summary>Links of this host that are its ports; ports that others added stay.</summary>
    public InputList<string> Ports
    {
        get => _ports ??= [];
        set => _ports = value;
    }
}
