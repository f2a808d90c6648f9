using System.CommandLine;
using Cloudlet.Agent;
using Cloudlet.Cli.Output;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet verify</c>: checks whether hosts are as described.</summary>
internal static class VerifyVerb
{
    public static Command Create()
    {
        var verb = new VerbCommand("verify", "Check whether hosts are as described. Changes nothing.")
        {
            Examples = [("cloudlet verify site.yaml", "exit status 0: all as described; 2: drift, which is shown")],
            Exits =
            [
                (ExitCodes.Failed, "a host could not be reached or read"),
                (ExitCodes.Drift, "at least one host is not as described"),
                (ExitCodes.Invalid, "the site files are wrong"),
            ],
        };
        new HostVerbFrame().Build(verb, needsState: true, (_, state) => new AgentRequest(HostVerb.Verify) { State = state });
        return verb;
    }
}
