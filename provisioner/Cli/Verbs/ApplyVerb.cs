using System.CommandLine;
using Cloudlet.Agent;
using Cloudlet.Cli.Output;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet apply</c>: makes hosts as described.</summary>
internal static class ApplyVerb
{
    public static Command Create()
    {
        var verb = new VerbCommand(
            "apply",
            "Make hosts as described, with the smallest change, and verify it. Safe to repeat and to interrupt."
        )
        {
            Examples =
            [
                ("cloudlet apply site.yaml", "every host of the site, in parallel"),
                (
                    "cloudlet apply site.yaml --host edge-1 --confirm 60s",
                    "roll back after a minute unless `cloudlet confirm` shows that the host is still reachable"
                ),
                (
                    "cloudlet apply site.yaml --take-over",
                    "also hosts that another site or a Pulumi stack describes; from now on they belong to this site"
                ),
                ("cloudlet apply --state edge-1.json", "a compiled state, on this machine"),
            ],
            Exits =
            [
                (
                    ExitCodes.Failed,
                    "a host could not be reached or made as described, or another description has it (what could be was kept, or "
                        + "rolled back with --rollback-on-failure)"
                ),
                (
                    ExitCodes.Invalid,
                    "the site files are wrong, this machine or another host does not give the value of a secret, or the host is certain "
                        + "to refuse a change; nothing was touched"
                ),
            ],
        };
        var confirm = Options.Confirm();
        var rollBack = new Option<bool>("--rollback-on-failure")
        {
            Description =
                "Bring the host back to the state before when a resource fails or the host does not verify. Implied by --confirm.",
        };
        verb.Options.Add(confirm);
        verb.Options.Add(rollBack);
        new HostVerbFrame { TakeOver = Options.TakeOver() }.Build(
            verb,
            needsState: true,
            (parsed, state) =>
                new AgentRequest(HostVerb.Apply)
                {
                    State = state,
                    ConfirmSeconds = parsed.GetValue(confirm)?.TotalSeconds,
                    RollBackOnFailure = parsed.GetValue(rollBack),
                }
        );
        return verb;
    }
}
