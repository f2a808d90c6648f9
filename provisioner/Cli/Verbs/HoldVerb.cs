using System.CommandLine;
using Cloudlet.Cli.Hosts;
using Cloudlet.Healthd;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet hold</c>: keeps the health daemon from acting for a while.</summary>
internal static class HoldVerb
{
    public static Command Create()
    {
        var verb = new VerbCommand("hold", "Keep the health daemon from changing anything for a while: for maintenance by hand. It goes on looking and reporting.")
        {
            Examples = [("cloudlet hold site.yaml --host edge-1 --for 2h --reason 'new switch'", "one host of a site"), ("cloudlet hold --for 30m --reason debugging", "this machine")],
            Exits = [(ExitCodes.Failed, "somebody else holds the host, or it could not be reached")],
        };
        var time = new Option<TimeSpan?>("--for")
        {
            Description = "How long, e.g. 30m or 2h (at most 24h); a hold always ends by itself.",
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
        var reason = new Option<string>("--reason") { Description = "What for; others read it.", Required = true };
        var owner = Owner();
        verb.Options.Add(time);
        verb.Options.Add(reason);
        verb.Options.Add(owner);
        new HostVerbFrame().Build(verb, needsState: false, (parsed, _) => new HostRequest(HostVerb.Health)
        {
            Health = new HealthRequest { Hold = new HoldRequest(parsed.GetValue(owner)!, parsed.GetValue(reason)!, parsed.GetValue(time)!.Value.TotalSeconds) },
        });
        return verb;
    }

    /// <summary>Who holds, or whose hold ends.</summary>
    public static Option<string> Owner() => new("--owner")
    {
        Description = "Who holds; by default the user who runs this.",
        DefaultValueFactory = static _ => (Environment.GetEnvironmentVariable("SUDO_USER") is { Length: > 0 } user ? user : Environment.UserName) + "@" + Environment.MachineName,
    };
}
