using Cloudlet.Agent;
using Cloudlet.Cli.Output;
using Cloudlet.Converge.Applying;
using Cloudlet.Errors;

namespace Cloudlet.Cli.Hosts;

/// <summary>A host that a verb is about.</summary>
/// <param name="Name">Its name in the site.</param>
/// <param name="Reach">How it is reached, as text.</param>
/// <param name="Request">The request to it.</param>
/// <param name="Session">The connection to it.</param>
internal sealed record Target(string Name, string Reach, AgentRequest Request, IAgent Session)
{
    /// <summary>Hosts that get new values of secrets first: this one uses the same values.</summary>
    public IReadOnlyCollection<string> After { get; init; } = [];
}

/// <summary>Sends requests to many hosts at once; an error at one does not affect the others.</summary>
internal static class Fanout
{
    /// <summary>Limit of concurrent hosts: each remote one costs a process and a connection.</summary>
    private const int AtOnce = 32;

    public static async Task<IReadOnlyList<HostOutcome>> RunAsync(IReadOnlyList<Target> targets, IReport report, CancellationToken ct)
    {
        using var slots = new SemaphoreSlim(AtOnce);
        try
        {
            if (targets.Count == 1)
                return [await AskAsync(targets[0], report, ct)];
            var refusals = targets[0].Request.Verb is HostVerb.Plan or HostVerb.Apply
                ? await SameMachines.FindAsync(targets, (target, seen) => InTurnAsync(() => IdentifyAsync(target, seen, report, ct)))
                : new Dictionary<string, Refused>(StringComparer.Ordinal);
            return await WaitOrder.RunAsync(
                targets,
                async (target, failed) =>
                    refusals.TryGetValue(target.Name, out var refused) ? Refuse(target, refused, report)
                    : failed is not null ? Refuse(target, NotAfter(failed), report)
                    : await InTurnAsync(() => AskAsync(target, report, ct))
            );
        }
        finally
        {
            await Task.WhenAll(targets.Select(static t => t.Session.DisposeAsync().AsTask()));
        }

        async Task<T> InTurnAsync<T>(Func<Task<T>> ask)
        {
            await slots.WaitAsync(ct);
            try
            {
                return await Task.Run(ask, ct);
            }
            finally
            {
                slots.Release();
            }
        }
    }

    private static Refused NotAfter(string failed) =>
        new(
            ErrorKind.Obstructed,
            $"nothing was changed: {failed} makes another value of a secret that this host uses, and its apply did not succeed; correct "
                + "that and apply again"
        );

    private static HostOutcome Refuse(Target target, Refused refused, IReport report)
    {
        report.ForHost(target.Name, target.Reach)(refused);
        return new HostOutcome(target.Name, refused);
    }

    /// <summary>Asks a host for its identity; null when it answers.</summary>
    private static async Task<Refused?> IdentifyAsync(Target target, Action<Identified> seen, IReport report, CancellationToken ct)
    {
        Refused? refused = null;
        var show = report.ForHost(target.Name, target.Reach);
        try
        {
            await target.Session.AskAsync(new AgentRequest(HostVerb.Identify), See, ct);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            refused ??= RefusalOf(e);
        }

        return refused;

        void See(ConvergeEvent happened)
        {
            switch (happened)
            {
                case Identified e:
                    seen(e);
                    break;
                case Refused e:
                    refused = e;
                    break;
                case Noticed:
                    show(happened);
                    break;
            }
        }
    }

    private static Refused RefusalOf(Exception e) =>
        e is CloudletException known ? new Refused(known.Kind, known.Message) : new Refused(ErrorKind.Unexpected, Defect.Describe(e));

    private static async Task<HostOutcome> AskAsync(Target target, IReport report, CancellationToken ct)
    {
        var show = report.ForHost(target.Name, target.Reach);
        ConvergeEvent? end = null;
        try
        {
            await target.Session.AskAsync(target.Request, See, ct);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            See(RefusalOf(e));
        }

        if (end is null)
            See(
                new Refused(
                    ErrorKind.Unexpected,
                    "the host's response was cut off; look at the host with `cloudlet status`, then run the same again"
                )
            );
        return new HostOutcome(target.Name, end!) { RolledBackOnRequest = target.Request.Verb == HostVerb.RollBack };

        void See(ConvergeEvent happened)
        {
            if (
                happened is Finished or Refused or StateReported or Explained or CheckFinished
                || (happened is HealthReported && target.Request.Verb == HostVerb.Health)
                || (happened is Planned && target.Request.Verb == HostVerb.Plan)
            )
                end = happened;
            show(happened);
        }
    }
}
