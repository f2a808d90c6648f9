using System.Collections.Immutable;
using Pulumi;

namespace Cloudlet.Sites;

/// <summary>A host that the provider <c>cloudlet</c> creates and keeps as described.</summary>
[ResourceType(TypeName, null)]
public sealed class Host : CustomResource
{
    internal const string TypeName = "cloudlet:index:Host";

    /// <summary>Declares a host.</summary>
    /// <param name="name">Name of the resource, and of the host unless <paramref name="args"/> have another.</param>
    /// <param name="args">What the host should be.</param>
    /// <param name="options">How the engine treats it.</param>
    public Host(string name, HostArgs args, CustomResourceOptions? options = null)
        : base(TypeName, name, Named(name, args), Physical(options)) { }

    /// <summary>Declares a host by the keys and values of a site file.</summary>
    internal Host(string name, DictionaryResourceArgs args, CustomResourceOptions? options)
        : base(TypeName, name, args, Physical(options)) { }

    /// <summary>
    /// Digest of the HostState: what <c>cloudlet compile</c> shows for the same description. It changes exactly when the described state
    /// changes.
    /// </summary>
    [Output("digest")]
    public Output<string> Digest { get; private set; } = null!;

    /// <summary>The addresses that the host's links should have, with prefix length.</summary>
    [Output("addresses")]
    public Output<ImmutableArray<string>> Addresses { get; private set; } = null!;

    /// <summary>
    /// What was last observed on the host: resource id → its state as JSON; absent resources are left out.
    /// </summary>
    [Output("observed")]
    public Output<ImmutableDictionary<string, string>> Observed { get; private set; } = null!;

    /// <summary>State of the host when it was last observed; null from a provider that does not report it.</summary>
    [Output("health")]
    public Output<HostHealth?> Health { get; private set; } = null!;

    private static HostArgs Named(string name, HostArgs args)
    {
        args.Name ??= name;
        return args;
    }

    // There is one machine, so its successor cannot exist beside it.
    private static CustomResourceOptions Physical(CustomResourceOptions? options) =>
        CustomResourceOptions.Merge(new CustomResourceOptions { DeleteBeforeReplace = true }, options);
}

/// <summary>State of a host when it was last observed.</summary>
[OutputType]
public sealed class HostHealth
{
    [OutputConstructor]
    private HostHealth(string state, ImmutableArray<string> alarms)
    {
        State = state;
        Alarms = alarms;
    }

    /// <summary>
    /// as-described, drifted (see the diff), unreachable, unknown (it answers, but cannot be observed) or undescribed (nothing was ever
    /// applied).
    /// </summary>
    public string State { get; }

    /// <summary>Alarms of the health daemon, one line each; empty without a daemon.</summary>
    public ImmutableArray<string> Alarms { get; }
}
