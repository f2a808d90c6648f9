using System.Globalization;
using Cloudlet.Errors;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Lab;

/// <summary>The bridge on this machine that carries the management network: made with the first container, removed with the last.</summary>
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

    /// <summary>Makes the bridge with its address unless it is there.</summary>
    public void Ensure()
    {
        using var links = _openLinks(null);
        var snapshot = links.Dump();
        var bridge = snapshot.Find(_settings.Bridge);
        if (bridge is { Kind: not "bridge" })
            throw new CloudletException(
                ErrorKind.AlreadyExists,
                $"this machine has a link {_settings.Bridge} of kind {bridge.Kind ?? "hardware"} where the lab wants its bridge: "
                + "rename or remove it, or give the lab another bridge name.");
        RefuseForeignNetwork(snapshot);
        var index = bridge?.Index ?? Create(links);
        links.AddAddress(index, new AddressInfo(_settings.Gateway, PrefixLength));
        links.Change(index, new LinkChange { Up = true });
    }

    /// <summary>Removes a container's link to the bridge: after a kill the kernel takes its time to do it, and nspawn can't make it again before.</summary>
    public void Unplug(string port)
    {
        using var links = _openLinks(null);
        if (links.Find(port) is { Kind: "veth" } link)
            links.Delete(link.Index);
    }

    /// <summary>Removes the bridge unless something is still plugged into it.</summary>
    public void Remove()
    {
        using var links = _openLinks(null);
        var snapshot = links.Dump();
        if (snapshot.Find(_settings.Bridge) is { Kind: "bridge" } bridge && snapshot.Links.All(l => l.Master != bridge.Index))
            links.Delete(bridge.Index);
    }

    /// <summary>The first host number whose address none of <paramref name="taken"/> has.</summary>
    public string FreeAddress(IReadOnlyCollection<string> taken)
    {
        for (var number = 2; number <= 254; number++)
            if (!taken.Contains(_settings.HostAddress(number)))
                return _settings.HostAddress(number);
        throw new CloudletException(
            ErrorKind.InvalidInput, $"all 253 addresses of the lab network {_settings.Prefix}.0/24 are taken: remove a host with 'cloudlet lab down NAME'.");
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
                e);
        }
    }

    // A bridge without an address of its own borrows one from its ports and changes it as they come and go, which stalls open connections.
    private string Mac()
    {
        var numbers = _settings.Prefix.Split('.').Select(n => int.Parse(n, CultureInfo.InvariantCulture).ToString("x2", CultureInfo.InvariantCulture));
        return $"02:cd:{string.Join(':', numbers)}:01";
    }

    private void RefuseForeignNetwork(NetworkSnapshot snapshot)
    {
        foreach (var link in snapshot.Links)
            if (link.Name != _settings.Bridge && link.Addresses.Any(a => a.Address.StartsWith(_settings.Prefix + ".", StringComparison.Ordinal)))
                throw new CloudletException(
                    ErrorKind.AlreadyExists,
                    $"the lab wants the network {_settings.Prefix}.0/24, but link {link.Name} of this machine has an address in it: "
                    + "give the lab another network.");
    }
}
