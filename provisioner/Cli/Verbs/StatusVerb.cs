using System.CommandLine;
using Cloudlet.Cli.Hosts;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet status</c>: what hosts remember of earlier runs.</summary>
internal static class StatusVerb
{
    public static Command Create()
    {
        var verb = new VerbCommand("status", "Show what was last applied, how the last run ended, whether a change waits for confirmation, and what the health daemon says.")
        {
            Examples = [("cloudlet status site.yaml", "every host of the site"), ("cloudlet status", "this machine")],
            Exits = [(ExitCodes.Failed, "a host could not be reached")],
        };
        new HostVerbFrame().Build(verb, needsState: false, (_, _) => new HostRequest(HostVerb.Status));
        return verb;
    }
}
