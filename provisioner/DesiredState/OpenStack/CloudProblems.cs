using System.Net;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.OpenStack;

/// <summary>Finds all problems with the role of a host in a cloud. Pure: for site files and for programs that declare hosts.</summary>
internal sealed class CloudProblems
{
    private const string Key = "openstack";

    private readonly List<RoleProblem> _problems = [];
    private readonly HostSection _host;
    private readonly OpenStackSection _cloud;
    private readonly CloudControllers _controllers;
    private readonly CloudHost _facts;

    private CloudProblems(string name, HostSection host, CloudControllers controllers)
    {
        _host = host;
        _cloud = host.OpenStack!;
        _controllers = controllers;
        _facts = new CloudHost(name, host, controllers);
    }

    /// <summary>The problems of a host as described, with its role not yet expanded.</summary>
    /// <param name="name">Name of the host in its site.</param>
    /// <param name="host">The host.</param>
    /// <param name="controllers">The controllers of its site.</param>
    public static IReadOnlyList<RoleProblem> Of(string name, HostSection host, CloudControllers controllers)
    {
        if (host.OpenStack is null)
            return [];
        var check = new CloudProblems(name, host, controllers);
        if (HostReach.Parse(host.Reach ?? "local", out _) is NamespaceReach)
            check.Wrong("a network namespace has links only; remove what it inherits with openstack: ~");
        else if (host.Nova is not null)
            check.Wrong("a host has one role: `openstack` includes Nova; remove `nova`, whose options go to openstack.options");
        else if (host.OpenStack.Role is null)
            check.Missing("specify the role: all-in-one, controller or compute");
        else
            check.Role();
        return check._problems;
    }

    private void Role()
    {
        Address();
        Provider();
        Controller();
        Options();
        Secrets();
        if (_facts.Role == OpenStackRole.Controller && _cloud.Virtualization is not null)
            Wrong("a controller runs no guests", "virtualization");
        if (_facts.Role == OpenStackRole.Compute && _cloud.Dashboard == true)
            Wrong("a compute host has no dashboard; the controller has it", "dashboard");
        if (_facts.Role != OpenStackRole.AllInOne && _cloud.ComputeHosts is not null)
            Wrong("only for an all-in-one; a controller always has compute hosts, and a compute host has none", "computeHosts");
        if (_cloud.Region is { } region && !Names.HasOnly(region, "._-"))
            Wrong($"\"{region}\" is not a valid name of a region; allowed are letters, digits, '.', '_' and '-'", "region");
    }

    private void Address()
    {
        if (_cloud.Interface is { } name && Names.LinkError(name) is { } nameError)
            Wrong(nameError, "interface");
        else if (_cloud.Address is { } address)
            OwnLink(address);
        else if (_cloud.Interface is not { } link)
            Missing(
                "specify \"address\", which the role gives to a link of its own, or \"interface\", a link of this host with an address"
            );
        else if (_facts.Declared(link) is null)
            Wrong(
                $"this host has no link \"{link}\"{Spelling.Hint(link, _host.Links?.Keys ?? [])}; describe it: links: {{{link}: "
                    + "{kind: existing, addresses: [ADDRESS/LENGTH]}}",
                "interface"
            );
        else if (_facts.Address.Length == 0)
            Wrong(
                $"the first address of \"{link}\" is the host's, so it must be described: links: {{{link}: {{addresses: "
                    + "[ADDRESS/LENGTH]}}",
                "interface"
            );
    }

    private void OwnLink(string address)
    {
        if (!IpPrefix.TryParse(address, out _, out var error))
            Wrong(error!, "address");
        else if (_facts.Declared(_facts.Link) is { Addresses: not null })
            Wrong($"\"{_facts.Link}\" already has addresses under links; give them in one place only", "address");
        else if (_facts.Declared(_facts.Link) is { Kind: LinkKind.Existing })
            Wrong($"the role makes \"{_facts.Link}\", but links say that it exists; remove `address` here and give it there", "address");
    }

    private void Provider()
    {
        if (_cloud.ProviderInterface is not { } card)
            return;
        if (Names.LinkError(card) is { } error)
            Wrong(error, "providerInterface");
        else if (card == _facts.Link)
            Wrong(
                $"\"{card}\" has the host's own address, which would leave with the interface when Neutron takes it; use another card, or "
                    + "`address` without `providerInterface`: the role then joins its own link by a veth",
                "providerInterface"
            );
        else if (_facts.Declared(card) is { Addresses: [_, ..] })
            Wrong($"\"{card}\" has addresses under links; Neutron takes the card, and they would not be reached", "providerInterface");
        else if (_facts.Declared(card)?.Routes?.Any(r => r.To is "default" or "0.0.0.0/0" or "::/0") == true)
            Wrong($"the default route is by \"{card}\": the host would not be reached when Neutron takes it", "providerInterface");
    }

    private void Controller()
    {
        if (_facts.Role != OpenStackRole.Compute)
        {
            if (_cloud.Controller is not null)
                Wrong("only a compute host has a controller elsewhere; this one is its own", "controller");
            return;
        }

        if (_cloud.Controller is not { } controller)
            Missing($"a compute host needs \"controller\": the name of its controller in this site{Known()}, or an address");
        else if (_controllers.IsOther(controller))
            Wrong(
                $"\"{controller}\" is no controller: give it role: controller, or role: all-in-one with computeHosts: true",
                "controller"
            );
        else if (!_controllers.Has(controller) && !IPAddress.TryParse(controller, out _) && !Names.IsHostName(controller))
            Wrong($"\"{controller}\" is not a host of this site{Known()}, and not a valid address or host name", "controller");
    }

    private string Known() => _controllers.Names.Any() ? $" ({string.Join(", ", _controllers.Names)})" : "";

    private void Options()
    {
        string[] own = [.. CloudExpansion.FilesOf(_facts)];
        foreach (var name in _cloud.Options?.Keys ?? [])
        {
            if (!own.Contains(name))
                Wrong($"this role has no file \"{name}\"{Spelling.Hint(name, own)}; it has {string.Join(", ", own)}", "options", name);
        }
    }

    private void Secrets()
    {
        foreach (var secret in _facts.MissingSecrets)
            _problems.Add(
                new RoleProblem(
                    $"the controller is not in this site, so this host needs its secret \"{secret}\"; add it: secrets: {{{secret}: …}}",
                    ["secrets"],
                    IsMissing: true
                )
            );
        if (_facts.HasController && !Names.HasOnly(_facts.SecretFile("keystone-admin"), "/._-"))
            _problems.Add(
                new RoleProblem(
                    "the path is used in a unit; allowed are letters, digits, '/', '.', '_' and '-'",
                    ["secrets", "keystone-admin"]
                )
            );
    }

    private void Missing(string message, params string[] keys) => _problems.Add(new RoleProblem(message, [Key, .. keys], IsMissing: true));

    private void Wrong(string message, params string[] keys) => _problems.Add(new RoleProblem(message, [Key, .. keys]));
}
