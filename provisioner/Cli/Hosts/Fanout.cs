using Cloudlet.Cli.Output;
using Cloudlet.Converge.Applying;
using Cloudlet.Errors;

namespace Cloudlet.Cli.Hosts;

/// <summary>A host that a verb is about.</summary>
/// <param name="Name">Its name in the site.</param>
/// <param name="Reach">How it is reached, as text.</param>
/// <param name="Request">What is asked of it.</param>
/// <param name="Session">The way to it.</param>
internal sealed record Target(string Name, string Reach, HostRequest Request, IHostSession Session);

/// <summary>Asks many hosts at once; whatever happens at one never hides the others.</summary>
internal static class Fanout
{
    /// <summary>Remote hosts cost a process and a connection each, so not all of a large site at a time.</summary>
    private const int AtOnce = 32;

    public static async Task<IReadOnlyList<HostOutcome>> RunAsync(IReadOnlyList<Target> targets, IReport report, CancellationToken ct)
    {
        if (targets.Count == 1)
            return [await AskAsync(targets[0], report, ct)];
        using var slots = new SemaphoreSlim(AtOnce);
        return await Task.WhenAll(targets.Select(async target =>
        {
            await slots.WaitAsync(ct);
            try
            {
                return await Task.Run(() => AskAsync(target, report, ct), ct);
            }
            finally
            {
                slots.Release();
            }
        }));
    }

    private static async Task<HostOutcome> AskAsync(Target target, IReport report, CancellationToken ct)
    {
        var show = report.ForHost(target.Name, target.Reach);
        ConvergeEvent? end = null;
        try
        {
            await target.Session.RunAsync(target.Request, See, ct);
        }
        catch (CloudletException e)
        {
            See(new Refused(e.Kind, e.Message));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            See(new Refused(ErrorKind.Unexpected, e.ToString()));
        }

        if (end is null)
            See(new Refused(ErrorKind.Unexpected, "the host's answer ended before its last word; look at the host with `cloudlet status`, then run the same again"));
        return new HostOutcome(target.Name, end!) { RolledBackOnRequest = target.Request.Verb == HostVerb.RollBack };

        void See(ConvergeEvent happened)
        {
            if (happened is Finished or Refused or StateReported or Explained || (happened is HealthReported && target.Request.Verb == HostVerb.Health) || (happened is Planned && target.Request.Verb == HostVerb.Plan))
                end = happened;
            show(happened);
        }
    }
}
