using System.Globalization;
using Cloudlet.Errors;
using Cloudlet.Lab.Model;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Lab;

/// <summary>The bridge of the management network on this machine: created with the first container, removed with the last.</summary>
internal sealed class LabNetwork
{
    private const int PrefixLength = 24;

    private readonly LabNetworkSettings _settings;
    private readonly Func<string?, IRouteNetlink> _openLinks;

    public LabNetwork(LabNetworkSettings settings, Func<string?, IRouteNetlink> openLinks)
    {
        _settings = settings;
        _openLinks = openLinks;
    }

    /// <summary>Creates the bridge with its address unless it exists.</summary>
    public void Ensure()
    {
        using var links = _openLinks(null);
        var snapshot = links.Dump();
        var bridge = snapshot.Find(_settings.Bridge);
        if (bridge is { Kind: not "bridge" })
            throw new CloudletException(
                ErrorKind.AlreadyExists,
                $"this machine has a link {_settings.Bridge} of kind {bridge.Kind ?? "hardware"}, but the lab needs a bridge of that "
                    + "name: rename or remove it, or give the lab another bridge name."
            );
        RefuseForeignNetwork(snapshot);
        var index = bridge?.Index ?? Create(links);
        links.AddAddress(index, new AddressInfo(_settings.Gateway, PrefixLength));
        links.Change(index, new LinkChange { Up = true });
    }

    /// <summary>
    /// Removes a container's link to the bridge. After a kill the kernel removes it with a delay, and nspawn can't create it again before.
    /// </summary>
    public void Unplug(string port)
    {
        using var links = _openLinks(null);
        if (links.Find(port) is { Kind: "veth" } link)
            links.Delete(link.Index);
    }

    /// <summary>Removes the bridge unless it still has ports.</summary>
    public void Remove()
    {
        using var links = _openLinks(null);
        var snapshot = links.Dump();
        if (snapshot.Find(_settings.Bridge) is { Kind: "bridge" } bridge && snapshot.Links.All(l => l.Master != bridge.Index))
            links.Delete(bridge.Index);
    }

    /// <summary>The first host address that is not in <paramref name="taken"/>.</summary>
    public string FreeAddress(IReadOnlyCollection<string> taken)
    {
        for (var number = 2; number <= 254; number++)
            if (!taken.Contains(_settings.HostAddress(number)))
                return _settings.HostAddress(number);
        throw new CloudletException(
            ErrorKind.InvalidInput,
            $"all 253 addresses of the lab network {_settings.Prefix}.0/24 are in use: remove a host with 'cloudlet lab down NAME'."
        );
    }

    private int Create(IRouteNetlink links)
    {
        try
        {
            return links.Create(new LinkToCreate(_settings.Bridge, "bridge") { Mac = Mac() });
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.DriverMissing)
        {
            throw new CloudletException(
                ErrorKind.DriverMissing,
                $"the lab can't make its bridge {_settings.Bridge}: this kernel has no bridge driver. "
                    + "Load it (modprobe bridge), or use --kind netns, which needs no bridge.",
                e
            );
        }
    }

    // Without a fixed hardware address a bridge takes one from its ports, and changes it with them, which stalls open connections.
    private string Mac()
    {
        var numbers = _settings
            .Prefix.Split('.')
            .Select(n => int.Parse(n, CultureInfo.InvariantCulture).ToString("x2", CultureInfo.InvariantCulture));
        return $"02:cd:{string.Join(':', numbers)}:01";
    }

    private void RefuseForeignNetwork(NetworkSnapshot snapshot)
    {
        foreach (var link in snapshot.Links)
            if (
                link.Name != _settings.Bridge
                && link.Addresses.Any(a => a.Address.StartsWith(_settings.Prefix + ".", StringComparison.Ordinal))
            )
                throw new CloudletException(
                    ErrorKind.AlreadyExists,
                    $"the lab needs the network {_settings.Prefix}.0/24, but link {link.Name} of this machine has an address in it: "
                        + "give the lab another network."
                );
    }
}
