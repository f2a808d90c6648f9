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
                ("cloudlet apply site.yaml --check", "then boot a guest in the cloud of each host that has one (`cloudlet check`)"),
                ("cloudlet apply --state edge-1.json", "a compiled state, on this machine"),
            ],
            Exits =
            [
                (
                    ExitCodes.Failed,
                    "a host could not be reached or made as described, or another description has it (what could be was kept, or "
                        + "rolled back with --rollback-on-failure); or the check of its cloud failed"
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
        var check = new Option<bool>("--check")
        {
            Description = "After a successful apply, check the cloud of each host that has the section `cloud`, as `cloudlet check` does.",
        };
        verb.Options.Add(confirm);
        verb.Options.Add(rollBack);
        verb.Options.Add(check);
        verb.Validators.Add(result =>
        {
            if (result.GetValue(check) && result.GetValue(confirm) is not null)
                result.AddError("--check takes minutes, so it does not go with --confirm: run `cloudlet confirm`, then `cloudlet check`");
        });
        new HostVerbFrame { TakeOver = Options.TakeOver(), Complete = CheckTargets.Complete }.Build(
            verb,
            needsState: true,
            (parsed, state) =>
                new AgentRequest(HostVerb.Apply)
                {
                    State = state,
                    ConfirmSeconds = parsed.GetValue(confirm)?.TotalSeconds,
                    RollBackOnFailure = parsed.GetValue(rollBack),
                    Check = parsed.GetValue(check) ? CheckTargets.UsualRequest : null,
                }
        );
        return verb;
    }
}
