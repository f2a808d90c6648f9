using System.CommandLine;
using Cloudlet.Agent;
using Cloudlet.Cli.Hosts;
using Cloudlet.Cli.Output;
using Cloudlet.Healthd;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet healthd</c>: the health daemon of this machine.</summary>
internal static class HealthdVerb
{
    public static Command Create()
    {
        var verb = new Command("healthd", "The health daemon: keeps a host as described, event by event.");
        verb.Subcommands.Add(Run());
        verb.Subcommands.Add(Status());
        verb.Subcommands.Add(History());
        return verb;
    }

    private static VerbCommand Run()
    {
        var verb = new VerbCommand(
            "run",
            "Keep this machine in the state that was applied to it, until stopped. Started by cloudlet-healthd.service; `health: "
                + "{}` in a site file installs it."
        )
        {
            Examples = [("systemctl status cloudlet-healthd", "how it is started"), ("cloudlet healthd run", "in the foreground, as root")],
        };
        verb.SetAction((_, ct) => HealthService.RunAsync(HostFactory.OpenHealth, TimeProvider.System, ct));
        return verb;
    }

    private static VerbCommand Status()
    {
        var verb = new VerbCommand("status", "Show the state of every resource, what was healed, and which alarms are active.")
        {
            Examples =
            [
                ("cloudlet healthd status", "this machine"),
                ("cloudlet healthd status site.yaml --json", "every host of a site, for a program"),
            ],
            Exits = [(ExitCodes.Failed, "a host could not be reached")],
        };
        new HostVerbFrame().Build(verb, needsState: false, (_, _) => new AgentRequest(HostVerb.Health) { Health = new HealthRequest() });
        return verb;
    }

    private static VerbCommand History()
    {
        var verb = new VerbCommand(
            "history",
            "Show the last heals, with what was observed and how long they took, and the last alarms raised and cleared."
        )
        {
            Examples =
            [
                ("cloudlet healthd history", "this machine"),
                ("cloudlet healthd history site.yaml --host edge-1 --last 100", "one host of a site"),
            ],
            Exits = [(ExitCodes.Failed, "a host could not be reached")],
        };
        var last = new Option<int>("--last", "-n")
        {
            Description = "Most heals and most alarms to show.",
            HelpName = "COUNT",
            DefaultValueFactory = static _ => 20,
        };
        last.Validators.Add(static result =>
        {
            if (!result.Tokens.All(t => int.TryParse(t.Value, out var count) && count is > 0 and <= 10_000))
                result.AddError("--last takes a number from 1 to 10000");
        });
        verb.Options.Add(last);
        new HostVerbFrame().Build(
            verb,
            needsState: false,
            (parsed, _) => new AgentRequest(HostVerb.Health) { Health = new HealthRequest { Last = parsed.GetValue(last) } }
        );
        return verb;
    }
}
