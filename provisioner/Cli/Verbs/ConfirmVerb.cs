using System.CommandLine;
using Cloudlet.Agent;
using Cloudlet.Cli.Output;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet confirm</c>: keeps what an apply with --confirm changed.</summary>
internal static class ConfirmVerb
{
    public static Command Create()
    {
        var verb = new VerbCommand("confirm", "Keep what the last `apply --confirm` changed.")
        {
            Examples =
            [
                ("cloudlet confirm site.yaml --host edge-1", "over the connection that the change might have cut"),
                ("cloudlet confirm", "on the host itself"),
            ],
            Exits = [(ExitCodes.Failed, "nothing waits for a confirmation, or the host could not be reached")],
        };
        new HostVerbFrame().Build(verb, needsState: false, (_, _) => new AgentRequest(HostVerb.Confirm));
        return verb;
    }
}
