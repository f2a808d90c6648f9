using System.CommandLine;
using Cloudlet.Agent;
using Cloudlet.Cli.Output;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet release</c>: ends a hold, or lets deferred restarts happen.</summary>
internal static class ReleaseVerb
{
    public static Command Create()
    {
        var verb = new VerbCommand(
            "release",
            "End a hold, so that the health daemon heals again; with --restarts let it make the restarts that it deferred."
        )
        {
            Examples =
            [
                ("cloudlet release site.yaml --host edge-1", "end your hold of a host"),
                ("cloudlet release --restarts", "on this machine, restart services that run with an old configuration"),
            ],
            Exits = [(ExitCodes.Failed, "another owner holds the host, or it could not be reached")],
        };
        var owner = HoldVerb.Owner();
        var force = new Option<bool>("--force") { Description = "End the hold of any owner." };
        var restarts = new Option<bool>("--restarts") { Description = "Let deferred restarts happen now; holds stay." };
        verb.Options.Add(owner);
        verb.Options.Add(force);
        verb.Options.Add(restarts);
        new HostVerbFrame().Build(
            verb,
            needsState: false,
            (parsed, _) =>
                new AgentRequest(HostVerb.Health)
                {
                    Health = parsed.GetValue(restarts)
                        ? new HealthRequest { ReleaseRestarts = true }
                        : new HealthRequest { ReleaseOwner = parsed.GetValue(owner), ReleaseAny = parsed.GetValue(force) },
                }
        );
        return verb;
    }
}
