using System.CommandLine;
using Cloudlet.Cli.Hosts;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet rollback</c>: back to the state before the last apply.</summary>
internal static class RollbackVerb
{
    public static Command Create()
    {
        var verb = new VerbCommand("rollback", "Bring hosts back to the state before their last apply.")
        {
            Examples = [("cloudlet rollback site.yaml --host edge-1", "one host of a site"), ("cloudlet rollback", "this machine")],
            Exits = [(ExitCodes.Failed, "there is nothing to go back to, or the state before was not reached; what is different is listed")],
        };
        var guard = GuardOptions.AddTo(verb);
        var unconfirmed = new Option<bool>("--if-unconfirmed") { Description = "Only if --run waits for a confirmation; what the guard of --confirm calls.", Hidden = true };
        verb.Options.Add(unconfirmed);
        new HostVerbFrame().Build(verb, needsState: false, (_, _) => new HostRequest(HostVerb.RollBack));
        var ask = (System.CommandLine.Invocation.AsynchronousCommandLineAction)verb.Action!;
        verb.SetAction((parsed, ct) => parsed.GetValue(unconfirmed) ? GuardedRollback.OnceAsync(guard.Read(parsed), ct) : ask.InvokeAsync(parsed, ct));
        return verb;
    }
}
