using System.CommandLine;
using Cloudlet.Agent;
using Cloudlet.Cli.Output;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet plan</c>: what an apply would do.</summary>
internal static class PlanVerb
{
    public static Command Create()
    {
        var verb = new VerbCommand("plan", "Show what apply would change, property by property. Changes nothing.")
        {
            Examples =
            [
                ("cloudlet plan site.yaml", "every host of the site"),
                ("cloudlet plan site.yaml --host edge-1 --json", "one host, for a program"),
                ("cloudlet plan site.yaml lab.yaml", "a site file with another layered over it"),
            ],
            Exits =
            [
                (ExitCodes.Failed, "a host could not be reached or read"),
                (ExitCodes.Invalid, "the site files are wrong, or a host is certain to refuse a change; every reason is listed"),
            ],
        };
        new HostVerbFrame { TakeOver = Options.TakeOver() }.Build(
            verb,
            needsState: true,
            (_, state) => new AgentRequest(HostVerb.Plan) { State = state }
        );
        return verb;
    }
}
