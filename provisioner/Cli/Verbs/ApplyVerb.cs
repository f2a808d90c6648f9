using System.CommandLine;
using Cloudlet.Cli.Hosts;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet apply</c>: makes hosts as described.</summary>
internal static class ApplyVerb
{
    public static Command Create()
    {
        var verb = new VerbCommand("apply", "Make hosts as described, with the smallest change, and verify it. Safe to repeat and to interrupt.")
        {
            Examples =
            [
                ("cloudlet apply site.yaml", "every host of the site, in parallel"),
                ("cloudlet apply site.yaml --host edge-1 --confirm 60s", "go back after a minute unless `cloudlet confirm` says that the host is still reachable"),
                ("cloudlet apply --state edge-1.json", "a compiled state, on this machine"),
            ],
            Exits =
            [
                (ExitCodes.Failed, "a host could not be reached or made as described (what could be was kept, or rolled back with --rollback-on-failure)"),
                (ExitCodes.Invalid, "the site files are wrong; nothing was touched"),
            ],
        };
        var confirm = Options.Confirm();
        var rollBack = new Option<bool>("--rollback-on-failure") { Description = "Bring the host back to the state before when a resource fails or the host does not verify. Implied by --confirm." };
        verb.Options.Add(confirm);
        verb.Options.Add(rollBack);
        new HostVerbFrame().Build(verb, needsState: true, (parsed, state) => new HostRequest(HostVerb.Apply)
        {
            State = state,
            ConfirmSeconds = parsed.GetValue(confirm)?.TotalSeconds,
            RollBackOnFailure = parsed.GetValue(rollBack),
        });
        return verb;
    }
}
