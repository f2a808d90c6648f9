using System.Text;
using System.Text.Json;
using Cloudlet.Agent;
using Cloudlet.Cli.Output;
using Cloudlet.Collect;
using Cloudlet.Converge;
using Cloudlet.Converge.Applying;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Secrets;
using Cloudlet.Errors;
using Cloudlet.Explain;
using Cloudlet.Explain.Exhibits;
using Cloudlet.Healthd;

namespace Cloudlet.Cli.Hosts;

/// <summary>Answers a request on this machine; local and remote sessions both end here.</summary>
internal static class HostRunner
{
    /// <summary>Answers a request; the last event says how it ended.</summary>
    /// <param name="request">The request.</param>
    /// <param name="parts">This machine.</param>
    /// <param name="events">Receives the answer.</param>
    /// <param name="ct">Cancels it.</param>
    /// <param name="cut">Cancelled when the answer is not read any more. A run continues then; a check ends.</param>
    public static async Task RunAsync(
        AgentRequest request,
        HostServices parts,
        ConvergeEventSink events,
        CancellationToken ct,
        CancellationToken cut = default
    )
    {
        var isAsDescribed = request.Verb == HostVerb.Check;
        try
        {
            if (request.WithIdentity || request.Verb == HostVerb.Identify)
                events(new Identified(parts.Identity().Now));
            var converger = new Converger(
                parts.Kinds,
                parts.Store,
                parts.Guard,
                TimeProvider.System,
                happened =>
                {
                    isAsDescribed |= happened is Finished { Result: RunResult.Unchanged or RunResult.Changed };
                    WithFreshNeighbours(happened, parts, events);
                }
            );
            await DispatchAsync(request, parts, converger, events, ct);
            if (request.Check is { } check && isAsDescribed)
            {
                using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, cut);
                await new CheckRunner(parts, events).RunAsync(check, request.State ?? parts.Store.ReadApplied(), either.Token);
            }
        }
        catch (CloudletException e)
        {
            events(new Refused(e.Kind, e.Message));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            events(new Refused(ErrorKind.Unexpected, $"{request.Verb.ToString().ToLowerInvariant()}: {Defect.Describe(e)}"));
        }
    }

    /// <summary>
    /// Clears the neighbour tables before a confirmation is requested. A host whose network is broken can still be reached while both sides
    /// have each other's hardware addresses cached, which would make the confirmation meaningless.
    /// </summary>
    private static void WithFreshNeighbours(ConvergeEvent happened, HostServices parts, ConvergeEventSink events)
    {
        try
        {
            if (happened is Finished { Result: RunResult.AwaitingConfirmation })
                parts.Machine.Links.ForgetNeighbours();
        }
        catch (CloudletException e)
        {
            events(new Noticed($"the confirmation may still use old neighbour entries: {e.Message}"));
        }

        events(happened);
    }

    private static Task DispatchAsync(
        AgentRequest request,
        HostServices parts,
        Converger converger,
        ConvergeEventSink events,
        CancellationToken ct
    ) =>
        request.Verb switch
        {
            HostVerb.Plan => converger.PlanAsync(Needed(request.State), request.Claim, ct),
            HostVerb.Apply => converger.ApplyAsync(Needed(request.State), Options(request), ct),
            HostVerb.Verify => converger.VerifyAsync(Needed(request.State ?? parts.Store.ReadApplied()), ct),
            HostVerb.Confirm => converger.ConfirmAsync(ct),
            HostVerb.RollBack => converger.RollBackAsync(request.UnconfirmedRun, ct),
            HostVerb.Restore => converger.RestoreAsync(request.Claim, ct),
            HostVerb.Identify or HostVerb.Check => Task.CompletedTask,
            HostVerb.GiveSecrets => GiveAsync(request, parts, converger, events),
            HostVerb.Status => ReportAsync(converger, parts, events),
            HostVerb.Health => HealthAsync(request.Health ?? new HealthRequest(), parts, events),
            HostVerb.Explain => ExplainAsync(request, parts, events, ct),
            _ => throw new CloudletException(ErrorKind.Unsupported, $"the request {request.Verb} is unknown to this version"),
        };

    /// <summary>The daemon's status comes first: the state is the last event of this answer.</summary>
    private static Task ReportAsync(Converger converger, HostServices parts, ConvergeEventSink events)
    {
        if (parts.Health is { } paths && HealthAnswers.Status(parts.Machine.Files, paths) is { } status)
            events(new HealthReported(status));
        converger.Report();
        return Task.CompletedTask;
    }

    private static Task GiveAsync(AgentRequest request, HostServices parts, Converger converger, ConvergeEventSink events)
    {
        if (parts.Secrets is not { } giver)
            throw new CloudletException(ErrorKind.Unsupported, "a network namespace has no secrets; ask the host it is on");
        var asked = request.Asked ?? new SecretsRequest([]);
        events(converger.Claimed(request.Claim, asked.Makes, () => giver.Give(asked, note => events(new Noticed(note)))));
        return Task.CompletedTask;
    }

    private static Task HealthAsync(HealthRequest asked, HostServices parts, ConvergeEventSink events)
    {
        if (parts.Health is not { } paths)
            throw new CloudletException(ErrorKind.Unsupported, "a network namespace has no health daemon; ask the host it is on");
        events(
            new HealthReported(asked.Answer(parts.Machine.Files, paths, TimeProvider.System))
            {
                History = asked.History(parts.Machine.Files, paths),
            }
        );
        return Task.CompletedTask;
    }

    /// <summary>
    /// The account for the API is taken from this process's environment; over ssh, from the one that the host gives to commands.
    /// </summary>
    private static async Task ExplainAsync(AgentRequest request, HostServices parts, ConvergeEventSink events, CancellationToken ct)
    {
        if (parts.Health is not { } paths)
            throw new CloudletException(ErrorKind.Unsupported, "a network namespace has no Nova; ask the host it is on");
        var asked = new EvidenceRequest(
            request.Server,
            parts.Store.ReadApplied(),
            Healthd.Report.Identity.Read(parts.Machine.Files, paths)?.HostName,
            typeof(HostRunner).Assembly.GetName().Version?.ToString(3) ?? ""
        )
        {
            Port = request.Port,
            Login = request.Login,
        };
        var bundle = await new EvidenceCollector(parts.Machine, Environment.GetEnvironmentVariable, TimeProvider.System).CollectAsync(
            asked,
            new Notes(events),
            ct
        );
        if (request.WithEvidence)
        {
            using var lines = new MemoryStream();
            BundleFile.Write(bundle, lines);
            foreach (var line in Encoding.UTF8.GetString(lines.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries))
                events(new EvidenceTaken(line));
        }

        using var explanation = JsonDocument.Parse(Explanation.Of(bundle).ToJson());
        events(new Explained(explanation.RootElement.Clone()));
    }

    private sealed class Notes(ConvergeEventSink events) : IProgress<string>
    {
        public void Report(string value) => events(new Noticed(value));
    }

    private static ApplyOptions Options(AgentRequest request) =>
        new()
        {
            ConfirmWithin = request.ConfirmSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            RollBackOnFailure = request.RollBackOnFailure,
            Claim = request.Claim,
        };

    private static HostState Needed(HostState? state) =>
        state ?? throw new CloudletException(ErrorKind.NotFound, "no state was ever applied to this host; give a site file");
}
