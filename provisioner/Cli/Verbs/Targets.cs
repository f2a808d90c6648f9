using System.Text.Json;
using Cloudlet.Agent;
using Cloudlet.Cli.Hosts;
using Cloudlet.Converge.State;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Site;
using Cloudlet.Errors;
using Cloudlet.Machine.Programs;
using Cloudlet.Machine.Ssh;

namespace Cloudlet.Cli.Verbs;

/// <summary>The user's selection on the command line.</summary>
/// <param name="SiteFiles">Site files; empty: site.yaml of this folder, if the verb needs a description.</param>
/// <param name="Hosts">Only these hosts; empty: all.</param>
/// <param name="State">A compiled state for this machine, instead of site files.</param>
/// <param name="Ssh">Options for ssh.</param>
internal sealed record TargetSelection(IReadOnlyList<string> SiteFiles, IReadOnlyList<string> Hosts, FileInfo? State, SshOptions Ssh)
{
    /// <summary>Whether to take over hosts that another description has.</summary>
    public bool TakeOver { get; init; }
}

/// <summary>The hosts that were found, or all problems.</summary>
internal sealed record FoundTargets(IReadOnlyList<Target> Hosts, IReadOnlyList<Problem> Problems)
{
    /// <summary>The description of each of the hosts, in the same order; empty: they were not found in site files.</summary>
    public IReadOnlyList<SiteHost> Described { get; init; } = [];

    /// <summary>All hosts of the site, also those that were not selected.</summary>
    public IReadOnlyList<SiteHost> Site { get; init; } = [];

    /// <summary>Opens a host of the site that was not selected, for values of secrets; its claim takes nothing over.</summary>
    public Func<SiteHost, Target>? Open { get; init; }
}

/// <summary>Finds the target hosts of a verb.</summary>
internal static class Targets
{
    private const string DefaultSite = "site.yaml";

    /// <summary>The service's program beside this one; its digest is computed once for all hosts.</summary>
    private static readonly CarriedProgram Carried = new(static () => ProgramShelf.Find(Environment.ProcessPath));

    public static FoundTargets Find(TargetSelection selection, bool needsState, Func<HostState?, AgentRequest> request)
    {
        if (selection.State is { } file)
        {
            var state = ReadState(file);
            return ThisMachine(Claimed(request(state), new Owner(OwnerKind.State, "", state.Host), selection));
        }

        if (selection.SiteFiles.Count == 0 && !needsState)
            return ThisMachine(request(null));

        var site = SiteHosts.Load(
            selection.SiteFiles.Count > 0 ? selection.SiteFiles : [DefaultSite],
            selection.Hosts,
            compile: needsState
        );
        return new FoundTargets([.. site.Hosts.Select(h => ToTarget(h.Host, request(h.State), selection))], site.Problems)
        {
            Described = [.. site.Hosts.Select(static h => h.Host)],
            Site = site.All,
            Open = h => ToTarget(h, new AgentRequest(HostVerb.GiveSecrets), selection with { TakeOver = false }),
        };

        Target ToTarget(SiteHost h, AgentRequest asked, TargetSelection how) =>
            new(
                h.Name,
                h.Reach.ToString(),
                Claimed(asked, new Owner(OwnerKind.Site, site.Name, h.Name), how),
                Session(h.Reach, selection.Ssh)
            );
    }

    private static AgentRequest Claimed(AgentRequest request, Owner owner, TargetSelection selection) =>
        request with
        {
            Claim = new OwnerClaim(owner) { TakeOver = selection.TakeOver },
        };

    private static IAgent Session(HostReach reach, SshOptions ssh) =>
        reach switch
        {
            LocalReach => new MachineSession(HostFactory.OpenThisMachine, Carried),
            NamespaceReach ns => new MachineSession(_ => HostFactory.OpenNamespace(ns.Name)),
            SshReach remote => new SshAgent(new SshTarget(remote.Host, remote.User, remote.Port), ssh, HostFactory.CopyableProgram)
            {
                Carried = Carried,
            },
            _ => throw new CloudletException(ErrorKind.Unsupported, $"no way to reach {reach}"),
        };

    private static FoundTargets ThisMachine(AgentRequest request) =>
        new(
            [
                new Target(
                    request.State?.Host ?? Environment.MachineName,
                    "local",
                    request,
                    new MachineSession(HostFactory.OpenThisMachine, Carried)
                ),
            ],
            []
        );

    private static HostState ReadState(FileInfo file)
    {
        try
        {
            using var input = file.ToString() == "-" ? Console.OpenStandardInput() : file.OpenRead();
            using var bytes = new MemoryStream();
            input.CopyTo(bytes);
            return HostState.Parse(bytes.ToArray());
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new CloudletException(ErrorKind.InvalidInput, $"can't read state {file}: {e.Message}; `cloudlet compile` makes one", e);
        }
    }
}
