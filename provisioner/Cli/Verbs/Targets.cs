using System.Text.Json;
using Cloudlet.Cli.Hosts;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Site;
using Cloudlet.Errors;
using Cloudlet.Machine.Ssh;

namespace Cloudlet.Cli.Verbs;

/// <summary>What the user named on the command line.</summary>
/// <param name="SiteFiles">Site files; none: site.yaml of this folder, if the verb needs a description.</param>
/// <param name="Hosts">Only these; none: all.</param>
/// <param name="State">A compiled state for this machine, instead.</param>
/// <param name="Ssh">Options for ssh.</param>
internal sealed record TargetSelection(IReadOnlyList<string> SiteFiles, IReadOnlyList<string> Hosts, FileInfo? State, SshOptions Ssh);

/// <summary>The hosts that were found, or everything that is wrong.</summary>
internal sealed record FoundTargets(IReadOnlyList<Target> Hosts, IReadOnlyList<Problem> Problems);

/// <summary>Finds the hosts that a verb is about.</summary>
internal static class Targets
{
    private const string DefaultSite = "site.yaml";

    public static FoundTargets Find(TargetSelection selection, bool needsState, Func<HostState?, HostRequest> request)
    {
        if (selection.State is { } file)
            return ThisMachine(request(ReadState(file)));
        if (selection.SiteFiles.Count == 0 && !needsState)
            return ThisMachine(request(null));

        var site = SiteHosts.Load(selection.SiteFiles.Count > 0 ? selection.SiteFiles : [DefaultSite], selection.Hosts, compile: needsState);
        return new FoundTargets([.. site.Hosts.Select(h => new Target(h.Host.Name, h.Host.Reach.ToString(), request(h.State), Session(h.Host.Reach, selection.Ssh)))], site.Problems);
    }

    private static IHostSession Session(HostReach reach, SshOptions ssh) => reach switch
    {
        LocalReach => new MachineSession(LocalHosts.OpenThisMachine),
        NamespaceReach ns => new MachineSession(() => LocalHosts.OpenNamespace(ns.Name)),
        SshReach remote => new SshSession(new SshTarget(remote.Host, remote.User, remote.Port), ssh),
        _ => throw new CloudletException(ErrorKind.Unsupported, $"no way to reach {reach}"),
    };

    private static FoundTargets ThisMachine(HostRequest request) =>
        new([new Target(request.State?.Host ?? Environment.MachineName, "local", request, new MachineSession(LocalHosts.OpenThisMachine))], []);

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
            throw new CloudletException(ErrorKind.InvalidInput, $"read the state {file}: {e.Message}; `cloudlet compile` makes one", e);
        }
    }
}
