using System.CommandLine;
using Cloudlet.Agent;
using Cloudlet.Cli.Hosts;
using Cloudlet.Cli.Output;
using Cloudlet.Converge.Applying;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Cloud;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.Cli.Verbs;

/// <summary>Hosts whose cloud is checked, and the options for it.</summary>
internal sealed class CheckTargets
{
    private static readonly TimeSpan UsualLimit = TimeSpan.FromMinutes(15);

    private readonly Option<string?> _image = new("--image")
    {
        Description = "Boot this image of the cloud instead of the check's own. Its console and metadata are not read then.",
        HelpName = "NAME",
    };

    private readonly Option<string?> _flavor = new("--flavor")
    {
        Description = "Use this flavor of the cloud instead of making one, for an account that may not.",
        HelpName = "NAME",
    };

    private readonly Option<bool> _keep = new("--keep")
    {
        Description = "Leave the guest of a passed check, to look at it. The next check from the same host deletes it.",
    };

    private readonly Option<TimeSpan?> _timeout = Options.Time(
        "--timeout",
        "How long the check may take, e.g. 5m (default: 15m). What it made is deleted after that."
    );

    /// <summary>A check with nothing chosen.</summary>
    public static CheckRequest UsualRequest { get; } = new(UsualLimit.TotalSeconds);

    /// <summary>Gives a verb the options of a check.</summary>
    public void AddTo(Command verb)
    {
        verb.Options.Add(_image);
        verb.Options.Add(_flavor);
        verb.Options.Add(_timeout);
        verb.Options.Add(_keep);
    }

    /// <summary>The request for a check, without the cloud.</summary>
    public CheckRequest Request(ParseResult parsed) =>
        new((parsed.GetValue(_timeout) ?? UsualLimit).TotalSeconds)
        {
            Image = parsed.GetValue(_image),
            Flavor = parsed.GetValue(_flavor),
            Keep = parsed.GetValue(_keep),
        };

    /// <summary>
    /// Adds the cloud of each host to its request. A host that describes none is left out, with a note, or only its check is; that is a
    /// problem if it was named, or if no host of the site describes one.
    /// </summary>
    /// <param name="found">The hosts, with requests that have a check.</param>
    /// <param name="named">Hosts that the user named.</param>
    /// <param name="report">Receives the notes.</param>
    public static FoundTargets Complete(FoundTargets found, IReadOnlyCollection<string> named, IReport report)
    {
        if (found.Described.Count == 0 || !found.Hosts.Any(static h => h.Request.Check is not null))
            return found;
        var all = found.Hosts.Zip(found.Described, static (target, host) => (target, host, cloud: CloudApi.Of(host.Section))).ToList();
        var isNone = all.TrueForAll(static h => h.cloud is null);
        Problem[] problems =
        [
            .. all.Where(h => h.cloud is null && (isNone || (IsOnlyCheck(h.target) && named.Contains(h.target.Name))))
                .Select(static h =>
                    h.host.ProblemAt($"{h.host.Name} describes no cloud to check: add `cloud` (authUrl and secret)", HostCloud.Key)
                ),
        ];
        if (problems.Length > 0)
            return new FoundTargets([], problems);
        foreach (var (target, _, _) in all.Where(static h => h.cloud is null))
            report.ForHost(target.Name, target.Reach)(new Noticed($"{target.Name} describes no cloud, so none is checked from it"));
        var kept = all.Where(static h => h.cloud is not null || !IsOnlyCheck(h.target)).ToList();
        return found with
        {
            Hosts =
            [
                .. kept.Select(static h =>
                    h.target with
                    {
                        Request = h.target.Request with
                        {
                            Check = h.cloud is null ? null : h.target.Request.Check! with { Cloud = h.cloud },
                        },
                    }
                ),
            ],
            Described = [.. kept.Select(static h => h.host)],
        };
    }

    private static bool IsOnlyCheck(Target target) => target.Request.Verb == HostVerb.Check;
}
