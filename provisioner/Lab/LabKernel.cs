using Cloudlet.Errors;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Lab;

/// <summary>What the running kernel can do, found out by trying in a network namespace that is thrown away.</summary>
public sealed class LabKernel
{
    private readonly Func<string?, IRouteNetlink> _openLinks;

    /// <summary>Asks through <paramref name="openLinks"/>, which opens rtnetlink in the named network namespace (null: this one).</summary>
    public LabKernel(Func<string?, IRouteNetlink> openLinks) => _openLinks = openLinks;

    /// <summary>The notice for a kernel without the dummy driver.</summary>
    public const string NoDummyDriver =
        "this kernel has no dummy driver: links of kind dummy can't be made here; apply templates/sites/no-dummy-driver.yaml after the site file, "
        + "which declares a bridge as the stand-in";

    /// <summary>True when a link of this kind (dummy, bridge, veth, vlan, vxlan, macvlan, tap, …) can be made. Needs root.</summary>
    public bool HasLinkKind(string kind)
    {
        var trial = $"lab-trial-{Guid.NewGuid():N}";
        NetworkNamespaces.Create(trial);
        try
        {
            using var links = _openLinks(trial);
            links.Create(Probe(links, kind));
            return true;
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.DriverMissing)
        {
            return false;
        }
        finally
        {
            NetworkNamespaces.Delete(trial);
        }
    }

    private static LinkToCreate Probe(IRouteNetlink links, string kind)
    {
        var probe = new LinkToCreate("probe", kind);
        return kind switch
        {
            "veth" => probe with { PeerName = "probe-peer" },
            "vlan" => probe with { Lower = LowerLink(links), Attributes = new KindAttributes { VlanId = 1 } },
            "macvlan" => probe with { Lower = LowerLink(links), Attributes = new KindAttributes { MacvlanMode = "bridge" } },
            "vxlan" => probe with { Attributes = new KindAttributes { VxlanId = 1, VxlanPort = 4789 } },
            _ => probe,
        };
    }

    private static int LowerLink(IRouteNetlink links) => links.Create(new LinkToCreate("probe-lower", "veth") { PeerName = "probe-lower2" });
}
