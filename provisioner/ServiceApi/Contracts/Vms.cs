namespace Cloudlet.ServiceApi.Contracts;

/// <summary>A port of the host's loopback that is forwarded to a VM.</summary>
/// <param name="Host">Port on 127.0.0.1 of the host; 0 in a request for any free one.</param>
/// <param name="Guest">Port of the guest.</param>
public sealed record ForwardView(int Host, int Guest);

/// <summary>A VM.</summary>
/// <param name="Id">12 hexadecimal digits.</param>
/// <param name="Base">Id of its base.</param>
/// <param name="State">running, paused, stalled (its disk could not be written) or dead.</param>
/// <param name="Forwards">Ports that are forwarded to it.</param>
/// <param name="Created">When it was started.</param>
public sealed record VmView(string Id, string Base, string State, IReadOnlyList<ForwardView> Forwards, DateTimeOffset Created)
{
    /// <summary>Its name.</summary>
    public string? Name { get; init; }

    /// <summary>Its project. Without one, it was started by a command on the host.</summary>
    public string? Project { get; init; }

    /// <summary>The last lines that the guest wrote to its serial port; only of a single VM.</summary>
    public string? ConsoleTail { get; init; }
}

/// <summary>Starts a VM, from exactly one of a base, a stored overlay, an upload and a URL.</summary>
public sealed record CreateVmRequest
{
    /// <summary>Name or id of a base, which the VM continues.</summary>
    public string? Base { get; init; }

    /// <summary>Name or id of an overlay of this service.</summary>
    public string? Overlay { get; init; }

    /// <summary>Id of a complete upload that is an overlay.</summary>
    public string? Upload { get; init; }

    /// <summary>http(s) URL of an overlay.</summary>
    public string? Url { get; init; }

    /// <summary>Its name: lower-case letters, digits and dashes, at most 40.</summary>
    public string? Name { get; init; }

    /// <summary>Ports of the host's loopback to forward to it.</summary>
    public IReadOnlyList<ForwardView> Forwards { get; set; } = [];

    /// <summary>True: the guest reaches every network that this host reaches.</summary>
    public bool OpenNetwork { get; init; }
}

/// <summary>Stops a VM.</summary>
public sealed record StopVmRequest
{
    /// <summary>True: power it off at once, without a shutdown.</summary>
    public bool Force { get; init; }

    /// <summary>How long the guest may take to shut down, seconds.</summary>
    public int TimeoutSeconds { get; set; } = 90;
}
