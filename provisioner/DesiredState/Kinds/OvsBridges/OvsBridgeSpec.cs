namespace Cloudlet.DesiredState.Kinds.OvsBridges;

/// <summary>A bridge of the host's Open vSwitch with some of its ports.</summary>
public sealed record OvsBridgeSpec : ResourceSpec
{
    /// <summary>Word of the kind.</summary>
    public const string Word = "ovs-bridge";

    /// <summary>The id of the bridge <paramref name="name"/>.</summary>
    public static string IdOf(string name) => $"{Word}:{name}";

    /// <summary>Name of the bridge.</summary>
    public required string Name { get; init; }

    /// <summary><c>system</c>: the kernel's switch; <c>netdev</c>: the one in user space; null: as it is.</summary>
    public string? Datapath { get; init; }

    /// <summary><c>secure</c> or <c>standalone</c>: what the bridge does without a controller; null: as it is.</summary>
    public string? FailMode { get; init; }

    /// <summary>
    /// Links that are ports of it, a set. Observed: those that are described or that we added; others are not ours.
    /// </summary>
    public IReadOnlyList<string>? Ports { get; init; }
}
