using System.CommandLine;
using Cloudlet.Agent;
using Cloudlet.Cli.Output;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet rollback</c>: returns hosts to the state before the last apply.</summary>
internal static class RollbackVerb
{
    public static Command Create()
    {
        var verb = new VerbCommand("rollback", "Bring hosts back to the state before their last apply.")
        {
            Examples = [("cloudlet rollback site.yaml --host edge-1", "one host of a site"), ("cloudlet rollback", "this machine")],
            Exits = [(ExitCodes.Failed, "there is nothing to roll back, or the previous state was not reached; differences are listed")],
        };
        var guard = GuardOptions.AddTo(verb);
        var unconfirmed = new Option<bool>("--if-unconfirmed")
        {
            Description = "Only if --run is waiting for a confirmation; used by the guard of --confirm.",
            Hidden = true,
        };
        verb.Options.Add(unconfirmed);
        new HostVerbFrame().Build(verb, needsState: false, (_, _) => new AgentRequest(HostVerb.RollBack));
        var ask = (System.CommandLine.Invocation.AsynchronousCommandLineAction)verb.Action!;
        verb.SetAction(
            (parsed, ct) => parsed.GetValue(unconfirmed) ? GuardedRollback.OnceAsync(guard.Read(parsed), ct) : ask.InvokeAsync(parsed, ct)
        );
        return verb;
    }
}
