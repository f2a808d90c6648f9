using Cloudlet.Errors;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Lab;

/// <summary>Probes the running kernel in a temporary network namespace.</summary>
public sealed class LabKernel
{
    private readonly Func<string?, IRouteNetlink> _openLinks;

    /// <summary>Uses <paramref name="openLinks"/> to open rtnetlink in a named network namespace (null: this one).</summary>
    public LabKernel(Func<string?, IRouteNetlink> openLinks) => _openLinks = openLinks;

    /// <summary>The notice for a kernel without the dummy driver.</summary>
    public const string NoDummyDriver =
        "this kernel has no dummy driver, so links of kind dummy can't be created; apply templates/sites/no-dummy-driver.yaml after "
        + "the site file, "
        + "which declares a bridge instead";

    /// <summary>True when a link of this kind (dummy, bridge, veth, vlan, vxlan, macvlan, tap, …) can be created. Needs root.</summary>
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
            "vlan" => probe with
            {
                Lower = LowerLink(links),
                Attributes = new KindAttributes { VlanId = 1 },
            },
            "macvlan" => probe with
            {
                Lower = LowerLink(links),
                Attributes = new KindAttributes { MacvlanMode = "bridge" },
            },
            "vxlan" => probe with
            {
                Attributes = new KindAttributes { VxlanId = 1, VxlanPort = 4789 },
            },
            _ => probe,
        };
    }

    private static int LowerLink(IRouteNetlink links) =>
        links.Create(new LinkToCreate("probe-lower", "veth") { PeerName = "probe-lower2" });
}
