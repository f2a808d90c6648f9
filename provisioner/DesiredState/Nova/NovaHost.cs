using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Nova;

/// <summary>A host with a role, with all defaults and derived addresses.</summary>
internal sealed class NovaHost
{
    /// <summary>Name of the secret with the broker's password.</summary>
    public const string RabbitSecret = "rabbit";

    /// <summary>Name of the secret with the services' password at Keystone.</summary>
    public const string KeystoneSecret = "keystone";

    private const string Loopback = "127.0.0.1";

    private readonly HostSection _host;

    /// <summary>Derives the values; if the description has problems (<see cref="NovaProblems"/>), unknown values are empty.</summary>
    public NovaHost(HostSection host)
    {
        _host = host;
        Section = host.Nova!;
        MyIpLink = Role == NovaRole.SingleNode ? Section.FlatInterface ?? Section.PublicInterface : Section.PublicInterface;
        MyIp = MyIpLink is { } link && AddressOf(link) is { } address ? address : "";
    }

    /// <summary>The described section.</summary>
    public NovaSection Section { get; }

    public NovaRole Role => Section.Role ?? NovaRole.SingleNode;

    public bool HasKeystone => Section.Auth == NovaAuth.Keystone;

    public bool HasController => Role != NovaRole.Compute;

    public bool HasCompute => Role != NovaRole.Controller;

    public NovaVirtualization Virtualization => Section.Virtualization ?? NovaVirtualization.Kvm;

    public bool HasLibvirt => HasCompute && Virtualization != NovaVirtualization.Fake;

    /// <summary>The link whose address is <see cref="MyIp"/>; null where none is named.</summary>
    public string? MyIpLink { get; }

    /// <summary>The address by which Nova knows the host.</summary>
    public string MyIp { get; }

    /// <summary>Without Keystone, a single node serves only its own users.</summary>
    public bool IsOnLoopback => Role == NovaRole.SingleNode && !HasKeystone;

    /// <summary>The address that the controller's services listen on, in URL form.</summary>
    public string Listen => IsOnLoopback ? Loopback : InUrl(MyIp);

    /// <summary>The same, without brackets.</summary>
    public string ListenAddress => IsOnLoopback ? Loopback : MyIp;

    /// <summary>The address of the controller's services as seen from this host, in URL form.</summary>
    public string ControllerHost => Role == NovaRole.Compute ? InUrl(Section.Controller ?? "") : Listen;

    /// <summary>The file of a secret.</summary>
    public string SecretFile(string name) => _host.SecretPath(name) ?? "";

    /// <summary>True for a link that is declared, by the host or by the role.</summary>
    public bool IsDeclared(string link) =>
        _host.Links?.ContainsKey(link) == true || (link == Section.FlatInterface && Section.Address is not null);

    /// <summary>The host's own description of a link.</summary>
    public LinkSection? Declared(string link) => _host.Links?.GetValueOrDefault(link);

    /// <summary>The ids of the links that the compute service depends on.</summary>
    public IEnumerable<string> Links =>
        new[] { MyIpLink, Section.FlatInterface }.OfType<string>().Distinct(StringComparer.Ordinal).Where(IsDeclared).Select(LinkSpec.IdOf);

    /// <summary>The ids of the links that services of the controller listen on.</summary>
    public IEnumerable<string> ListenLinks => !IsOnLoopback && MyIpLink is { } link && IsDeclared(link) ? [LinkSpec.IdOf(link)] : [];

    /// <summary>The first address of a link without its prefix length, or null.</summary>
    public string? AddressOf(string link)
    {
        var written =
            Declared(link)?.Addresses is [var first, ..] ? first
            : link == Section.FlatInterface ? Section.Address
            : null;
        return written is not null && IpPrefix.TryParse(written, out var prefix, out _) ? prefix.Address.ToString() : null;
    }

    private static string InUrl(string address) => address.Contains(':') ? $"[{address}]" : address;
}
