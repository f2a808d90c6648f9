using System.Collections.Immutable;
using Pulumi;

namespace Cloudlet.Sites;

/// <summary>A host that the provider <c>cloudlet</c> makes and keeps as described.</summary>
[ResourceType(TypeName, null)]
public sealed class Host : CustomResource
{
    internal const string TypeName = "cloudlet:index:Host";

    /// <summary>Declares a host.</summary>
    /// <param name="name">Name of the resource, and of the host unless <paramref name="args"/> give another.</param>
    /// <param name="args">What the host should be.</param>
    /// <param name="options">How the engine is to treat it.</param>
    public Host(string name, HostArgs args, CustomResourceOptions? options = null) : base(TypeName, name, Named(name, args), Physical(options))
    {
    }

    /// <summary>Declares a host by the keys and values of a site file.</summary>
    internal Host(string name, DictionaryResourceArgs args, CustomResourceOptions? options) : base(TypeName, name, args, Physical(options))
    {
    }

    /// <summary>Digest of the HostState: what <c>cloudlet compile</c> shows for the same description. It changes exactly when something of the host should.</summary>
    [Output("digest")]
    public Output<string> Digest { get; private set; } = null!;

    /// <summary>The addresses that the host's links should have, with prefix length.</summary>
    [Output("addresses")]
    public Output<ImmutableArray<string>> Addresses { get; private set; } = null!;

    /// <summary>What was seen on the host when it was last looked at: resource id → its state as JSON; without those that are absent.</summary>
    [Output("observed")]
    public Output<ImmutableDictionary<string, string>> Observed { get; private set; } = null!;

    /// <summary>How the host was when it was last looked at; null from a provider that does not say.</summary>
    [Output("health")]
    public Output<HostHealth?> Health { get; private set; } = null!;

    private static HostArgs Named(string name, HostArgs args)
    {
        args.Name ??= name;
        return args;
    }

    // There is one machine: its successor cannot stand beside it.
    private static CustomResourceOptions Physical(CustomResourceOptions? options) => CustomResourceOptions.Merge(new CustomResourceOptions { DeleteBeforeReplace = true }, options);
}

/// <summary>How a host was when it was last looked at.</summary>
[OutputType]
public sealed class HostHealth
{
    [OutputConstructor]
    private HostHealth(string state, ImmutableArray<string> alarms)
    {
        State = state;
        Alarms = alarms;
    }

    /// <summary>as-described, drifted (see the digest and the diff), or unreachable.</summary>
    public string State { get; }

    /// <summary>Alarms of the health daemon, one line each; empty without a daemon.</summary>
    public ImmutableArray<string> Alarms { get; }
}
