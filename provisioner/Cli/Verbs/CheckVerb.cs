using System.CommandLine;
using Cloudlet.Agent;
using Cloudlet.Cli.Output;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet check</c>: checks a cloud by use.</summary>
internal static class CheckVerb
{
    public static Command Create()
    {
        var verb = new VerbCommand(
            "check",
            "Check the cloud of a host by use: boot a small guest in a network of its own, read its address and metadata, ping it, and "
                + "delete everything. Says how long each step took."
        )
        {
            Examples =
            [
                ("cloudlet check site.yaml", "from every host of the site that has the section `cloud`"),
                ("cloudlet check", "from this machine, the cloud of the last applied state"),
                (
                    "cloudlet check site.yaml --host edge-1 --image cirros --flavor m1.tiny --timeout 5m",
                    "with an image and a flavor that the cloud has"
                ),
                ("cloudlet apply site.yaml --check", "after a successful apply"),
            ],
            Exits =
            [
                (ExitCodes.Failed, "a step failed, or a host could not be reached; what was made is deleted"),
                (ExitCodes.Invalid, "the site files are wrong, or a host describes no cloud; nothing was tried"),
            ],
        };
        var check = new CheckTargets();
        check.AddTo(verb);
        new HostVerbFrame { Complete = CheckTargets.Complete }.Build(
            verb,
            needsState: false,
            (parsed, _) => new AgentRequest(HostVerb.Check) { Check = check.Request(parsed) }
        );
        return verb;
    }
}
