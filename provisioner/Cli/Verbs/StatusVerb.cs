using System.CommandLine;
using Cloudlet.Agent;
using Cloudlet.Cli.Output;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet status</c>: shows the records of earlier runs.</summary>
internal static class StatusVerb
{
    public static Command Create()
    {
        var verb = new VerbCommand(
            "status",
            "Show the last applied state, how the last run ended, whether a change is waiting for confirmation, and the daemon's status."
        )
        {
            Examples = [("cloudlet status site.yaml", "every host of the site"), ("cloudlet status", "this machine")],
            Exits = [(ExitCodes.Failed, "a host could not be reached")],
        };
        new HostVerbFrame().Build(verb, needsState: false, (_, _) => new AgentRequest(HostVerb.Status));
        return verb;
    }
}
