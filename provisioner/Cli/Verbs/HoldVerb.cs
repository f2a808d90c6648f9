using System.CommandLine;
using Cloudlet.Agent;
using Cloudlet.Cli.Output;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet hold</c>: stops the health daemon from acting for a while.</summary>
internal static class HoldVerb
{
    public static Command Create()
    {
        var verb = new VerbCommand(
            "hold",
            "Stop the health daemon from changing anything for a while, for manual maintenance. It keeps observing and reporting."
        )
        {
            Examples =
            [
                ("cloudlet hold site.yaml --host edge-1 --for 2h --reason 'new switch'", "one host of a site"),
                ("cloudlet hold --for 30m --reason debugging", "this machine"),
            ],
            Exits = [(ExitCodes.Failed, "another owner holds the host, or it could not be reached")],
        };
        var time = new Option<TimeSpan?>("--for")
        {
            Description = "Duration, e.g. 30m or 2h (at most 24h); a hold always ends by itself.",
            HelpName = "TIME",
            Required = true,
            CustomParser = result =>
            {
                var parsed = Options.ParseTime(result.Tokens is [var one] ? one.Value : "");
                if (parsed is null)
                    result.AddError("--for takes a time from 1s to 24h, such as 30m or 2h");
                return parsed;
            },
        };
        var reason = new Option<string>("--reason") { Description = "The reason, which is shown to other users.", Required = true };
        var owner = Owner();
        verb.Options.Add(time);
        verb.Options.Add(reason);
        verb.Options.Add(owner);
        new HostVerbFrame().Build(
            verb,
            needsState: false,
            (parsed, _) =>
                new AgentRequest(HostVerb.Health)
                {
                    Health = new HealthRequest
                    {
                        Hold = new HoldRequest(
                            parsed.GetValue(owner)!,
                            parsed.GetValue(reason)!,
                            parsed.GetValue(time)!.Value.TotalSeconds
                        ),
                    },
                }
        );
        return verb;
    }

    /// <summary>The option for the owner of a hold.</summary>
    public static Option<string> Owner() =>
        new("--owner")
        {
            Description = "Owner of the hold; by default the user who runs this.",
            DefaultValueFactory = static _ =>
                (Environment.GetEnvironmentVariable("SUDO_USER") is { Length: > 0 } user ? user : Environment.UserName)
                + "@"
                + Environment.MachineName,
        };
}
