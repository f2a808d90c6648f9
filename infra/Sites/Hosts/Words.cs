using Pulumi;

namespace Cloudlet.Sites;

/// <summary>How a host configures its links at boot.</summary>
[EnumType]
public readonly record struct BootNetwork
{
    private readonly string _word;

    private BootNetwork(string word) => _word = word;

    /// <summary>systemd-networkd: .netdev and .network files.</summary>
    public static BootNetwork Networkd { get; } = new("networkd");

    /// <summary>ifupdown: /etc/network/interfaces.d.</summary>
    public static BootNetwork Ifupdown { get; } = new("ifupdown");

    /// <summary>No boot configuration: links last until the next boot.</summary>
    public static BootNetwork None { get; } = new("none");

    /// <summary>The value in a site file.</summary>
    public static explicit operator string(BootNetwork value) => value._word;

    /// <inheritdoc/>
    public override string ToString() => _word;
}

/// <summary>Kinds of network links.</summary>
[EnumType]
public readonly record struct LinkKind
{
    private readonly string _word;

    private LinkKind(string word) => _word = word;

    /// <summary>A link that exists already (a network card): it is configured, never created or deleted.</summary>
    public static LinkKind Existing { get; } = new("existing");

    /// <summary>Drops every packet; holds addresses that don't depend on a cable.</summary>
    public static LinkKind Dummy { get; } = new("dummy");

    /// <summary>A switch whose ports are other links.</summary>
    public static LinkKind Bridge { get; } = new("bridge");

    /// <summary>One end of a virtual cable.</summary>
    public static LinkKind Veth { get; } = new("veth");

    /// <summary>An IEEE 802.1Q sub-interface of a parent link.</summary>
    public static LinkKind Vlan { get; } = new("vlan");

    /// <summary>An Ethernet segment over UDP (RFC 7348).</summary>
    public static LinkKind Vxlan { get; } = new("vxlan");

    /// <summary>A second MAC address on a parent link.</summary>
    public static LinkKind Macvlan { get; } = new("macvlan");

    /// <summary>An Ethernet link whose other end is a program, e.g. a virtual machine.</summary>
    public static LinkKind Tap { get; } = new("tap");

    /// <summary>The value in a site file.</summary>
    public static explicit operator string(LinkKind value) => value._word;

    /// <inheritdoc/>
    public override string ToString() => _word;
}

/// <summary>What happens to permanent global addresses that the description does not name.</summary>
[EnumType]
public readonly record struct ForeignAddresses
{
    private readonly string _word;

    private ForeignAddresses(string word) => _word = word;

    /// <summary>They stay: they belong to other software or the operator.</summary>
    public static ForeignAddresses Keep { get; } = new("keep");

    /// <summary>They are removed: the description covers the whole link.</summary>
    public static ForeignAddresses Remove { get; } = new("remove");

    /// <summary>The value in a site file.</summary>
    public static explicit operator string(ForeignAddresses value) => value._word;

    /// <inheritdoc/>
    public override string ToString() => _word;
}

/// <summary>What is done with a running unit when a file it loads has changed.</summary>
[EnumType]
public readonly record struct OnChange
{
    private readonly string _word;

    private OnChange(string word) => _word = word;

    /// <summary>The unit is restarted.</summary>
    public static OnChange Restart { get; } = new("restart");

    /// <summary>The unit reloads its configuration.</summary>
    public static OnChange Reload { get; } = new("reload");

    /// <summary>Nothing: the change takes effect at the next start.</summary>
    public static OnChange Nothing { get; } = new("nothing");

    /// <summary>The value in a site file.</summary>
    public static explicit operator string(OnChange value) => value._word;

    /// <inheritdoc/>
    public override string ToString() => _word;
}

/// <summary>How to ask the process of a unit what it has loaded.</summary>
[EnumType]
public readonly record struct Asks
{
    private readonly string _word;

    private Asks(string word) => _word = word;

    /// <summary>By the Guru Meditation Report of OpenStack services (oslo.reports), which they write on SIGUSR2.</summary>
    public static Asks Guru { get; } = new("guru");

    /// <summary>The value in a site file.</summary>
    public static explicit operator string(Asks value) => value._word;

    /// <inheritdoc/>
    public override string ToString() => _word;
}

/// <summary>What the health daemon does with a process that runs with an old configuration.</summary>
[EnumType]
public readonly record struct Restarts
{
    private readonly string _word;

    private Restarts(string word) => _word = word;

    /// <summary>Restarts it.</summary>
    public static Restarts Auto { get; } = new("auto");

    /// <summary>Reports that a restart is due and waits for <c>cloudlet release --restarts</c> or the next apply.</summary>
    public static Restarts Deferred { get; } = new("deferred");

    /// <summary>The value in a site file.</summary>
    public static explicit operator string(Restarts value) => value._word;

    /// <inheritdoc/>
    public override string ToString() => _word;
}
