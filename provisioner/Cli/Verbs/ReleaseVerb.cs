using System.CommandLine;
using Cloudlet.Cli.Hosts;
using Cloudlet.Healthd;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet release</c>: ends a hold, or lets deferred restarts happen.</summary>
internal static class ReleaseVerb
{
    public static Command Create()
    {
        var verb = new VerbCommand("release", "End a hold, so that the health daemon heals again; with --restarts let it make the restarts that it deferred.")
        {
            Examples = [("cloudlet release site.yaml --host edge-1", "end your hold of a host"), ("cloudlet release --restarts", "restart, on this machine, what runs on an old configuration")],
            Exits = [(ExitCodes.Failed, "the hold is somebody else's, or the host could not be reached")],
        };
        var owner = HoldVerb.Owner();
        var force = new Option<bool>("--force") { Description = "End the hold whoever's it is." };
        var restarts = new Option<bool>("--restarts") { Description = "Let deferred restarts happen now; holds stay." };
        verb.Options.Add(owner);
        verb.Options.Add(force);
        verb.Options.Add(restarts);
        new HostVerbFrame().Build(verb, needsState: false, (parsed, _) => new HostRequest(HostVerb.Health)
        {
            Health = parsed.GetValue(restarts)
                ? new HealthRequest { ReleaseRestarts = true }
                : new HealthRequest { ReleaseOwner = parsed.GetValue(owner), ReleaseAny = parsed.GetValue(force) },
        });
        return verb;
    }
}
