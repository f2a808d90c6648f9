using System.Net;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Nova;

/// <summary>Finds all problems with the role of a host. Pure: for site files and for programs that declare hosts.</summary>
internal sealed class NovaProblems
{
    private readonly List<RoleProblem> _problems = [];
    private readonly HostSection _host;
    private readonly NovaSection _nova;
    private readonly NovaHost _facts;

    private NovaProblems(HostSection host)
    {
        _host = host;
        _nova = host.Nova!;
        _facts = new NovaHost(host);
    }

    /// <summary>The problems of a host as described, with its role not yet expanded.</summary>
    public static IReadOnlyList<RoleProblem> Of(HostSection host)
    {
        if (host.Nova is null)
            return [];
        var check = new NovaProblems(host);
        if (HostReach.Parse(host.Reach ?? "local", out _) is NamespaceReach)
            check.Wrong("a network namespace has links only; remove what it inherits with nova: ~");
        else if (host.Nova.Role is null)
            check.Missing("specify the role: single-node, controller or compute");
        else
            check.Role();
        return check._problems;
    }

    private void Role()
    {
        FlatInterface();
        MyIp();
        Authentication();
        Databases();
        Options();
        Rabbit();
        if (_facts.Role == NovaRole.Compute && _nova.Controller is null)
            Missing("a compute host needs \"controller\": the address of its controller");
        else if (_facts.Role != NovaRole.Compute && _nova.Controller is not null)
            Wrong("only a compute host has a controller elsewhere; this one is its own", "controller");
        else if (_nova.Controller is { } controller && !IPAddress.TryParse(controller, out _) && !Names.IsHostName(controller))
            Wrong($"\"{controller}\" is not a valid address or host name", "controller");
        if (_facts.Role == NovaRole.Controller && _nova.Virtualization is not null)
            Wrong("a controller runs no guests", "virtualization");
        Range(_nova.ReportInterval, 1, 3600, "reportInterval");
        Range(_nova.ServiceDownTime, 2, 86_400, "serviceDownTime");
        if ((_nova.ReportInterval ?? 10) is var report && (_nova.ServiceDownTime ?? 60) is var down && down <= report)
            Wrong(
                $"a service would count as down between two of its reports: serviceDownTime ({down}) must be more than "
                    + $"reportInterval ({report})",
                _nova.ServiceDownTime is null ? "reportInterval" : "serviceDownTime"
            );
    }

    private void FlatInterface()
    {
        if (_nova.Address is { } address && !IpPrefix.TryParse(address, out _, out var error))
            Wrong(error!, "address");
        if (_nova.FlatInterface is null)
        {
            if (_nova.Address is not null)
                Wrong("`address` needs `flatInterface`; or give the address to a link under links", "address");
            return;
        }

        if (Names.LinkError(_nova.FlatInterface) is { } nameError)
            Wrong(nameError, "flatInterface");
        if (_nova.FlatInterface == _nova.PublicInterface)
            Wrong(
                $"\"{_nova.FlatInterface}\" is also the publicInterface; the guests' network needs a link of its own: a second card, "
                    + "or a dummy with address",
                "flatInterface"
            );
        else if (!_facts.IsDeclared(_nova.FlatInterface))
            Wrong(
                $"this host has no link \"{_nova.FlatInterface}\"{Spelling.Hint(_nova.FlatInterface, _host.Links?.Keys ?? [])}; give it "
                    + "an address here, and the role creates a dummy with that name, or declare "
                    + "it under links (an existing card with "
                    + "kind: existing)",
                "flatInterface"
            );
        if (_nova.Address is not null && _facts.Declared(_nova.FlatInterface)?.Addresses is not null)
            Wrong($"\"{_nova.FlatInterface}\" already has addresses under links; give them in one place only", "address");
    }

    private void MyIp()
    {
        if (_nova.PublicInterface is { } card && Names.LinkError(card) is { } error)
            Wrong(error, "publicInterface");
        if (_facts.MyIpLink is not { } link)
            Missing(
                _facts.Role == NovaRole.SingleNode
                    ? "a single node needs \"flatInterface\", or \"publicInterface\": the link whose address is my_ip"
                    : $"a {Word(_facts.Role)} needs \"publicInterface\": the link whose address is my_ip"
            );
        else if (
            _facts.AddressOf(link) is null
            && (_nova.Address is null || link != _nova.FlatInterface)
            && (_facts.IsDeclared(link) || link == _nova.PublicInterface)
        )
            Wrong(
                $"the first address of \"{link}\" is my_ip, so it must be described: links: {{{link}: {{kind: existing, addresses: "
                    + $"[ADDRESS/LENGTH]}}}}",
                link == _nova.FlatInterface ? "flatInterface" : "publicInterface"
            );
    }

    private void Authentication()
    {
        if (_nova.Auth is null && _facts.Role != NovaRole.SingleNode)
            Missing($"a {Word(_facts.Role)} needs \"auth\": keystone, or none: then everyone who reaches its services is an administrator");
        if (!_facts.HasKeystone)
        {
            if (_nova.Keystone is not null)
                Wrong("only valid with `auth: keystone`", "keystone");
            return;
        }

        if (_nova.Keystone is null)
            Missing("auth: keystone needs \"keystone\": {url: …}");
        else if (_nova.Keystone.Url is not { } url)
            Missing("specify the address of Keystone: url: https://…:5000", "keystone");
        else if (!(Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
            Wrong($"\"{url}\" is not a valid http or https address", "keystone", "url");
        if (_host.Secrets?.ContainsKey(NovaHost.KeystoneSecret) != true)
            MissingSecret("the services need the password of their account at Keystone", NovaHost.KeystoneSecret);
    }

    private void Databases()
    {
        if (_nova.Databases is not { } databases)
            return;
        if (_facts.Role != NovaRole.Controller || !_facts.HasKeystone)
            Wrong("databases are only valid for a controller with auth: keystone", "databases");
        Database(databases.ApiDatabase, "api_database");
        Database(databases.Database, "database");
        Database(databases.PlacementDatabase, "placement_database");
        Database(databases.GlanceDatabase, "glance_database");
    }

    private void Database(string? secret, string key)
    {
        if (secret is not null && _host.Secrets?.ContainsKey(secret) != true)
            Wrong(
                $"the secret \"{secret}\" is not declared; name it under `secrets` with the file that holds the "
                    + $"URL{Spelling.Hint(secret, _host.Secrets?.Keys ?? [])}",
                "databases",
                key
            );
    }

    private void Options()
    {
        string[] all = ["nova.conf", "nova-compute.conf", "placement.conf", "glance-api.conf"];
        string[] own = [.. all.Where(name => NovaFiles.PathOf(name, _facts) is not null)];
        foreach (var name in _nova.Options?.Keys ?? [])
        {
            if (!own.Contains(name))
                Wrong(
                    $"a {Word(_facts.Role)} has no file \"{name}\"{Spelling.Hint(name, own)}; it has {string.Join(", ", own)}",
                    "options",
                    name
                );
        }
    }

    private void Rabbit()
    {
        if (_host.SecretPath(NovaHost.RabbitSecret) is not { } path)
            MissingSecret("Nova needs the password of its account at the broker", NovaHost.RabbitSecret);
        else if (_facts.HasController && !Names.HasOnly(path, "/._-"))
            _problems.Add(
                new RoleProblem(
                    $"\"{path}\" is used in a shell command; allowed are letters, digits, '/', '.', '_' and '-'",
                    ["secrets", NovaHost.RabbitSecret]
                )
            );
    }

    private void Range(int? value, int least, int most, string key)
    {
        if (value is { } number && (number < least || number > most))
            Wrong($"{number} is out of range: {key} is {least} to {most}", key);
    }

    private static string Word(NovaRole role) =>
        role switch
        {
            NovaRole.SingleNode => "single node",
            NovaRole.Controller => "controller",
            _ => "compute host",
        };

    private void Missing(string message, params string[] keys) =>
        _problems.Add(new RoleProblem(message, ["nova", .. keys], IsMissing: true));

    private void MissingSecret(string message, string name) =>
        _problems.Add(new RoleProblem($"{message}; add it to secrets: {name}: /path/on/the/host", ["secrets"], IsMissing: true));

    private void Wrong(string message, params string[] keys) => _problems.Add(new RoleProblem(message, ["nova", .. keys]));
}
