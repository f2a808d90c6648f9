using System.Text;
using System.Text.Json;
using Cloudlet.Collect;
using Cloudlet.Converge;
using Cloudlet.Converge.Applying;
using Cloudlet.DesiredState;
using Cloudlet.Errors;
using Cloudlet.Explain;
using Cloudlet.Explain.Exhibits;
using Cloudlet.Healthd;

namespace Cloudlet.Cli.Hosts;

/// <summary>Answers a request on the machine this process runs on; every session ends here, near or far.</summary>
internal static class HostRunner
{
    public static async Task RunAsync(HostRequest request, HostParts parts, ConvergeEventSink events, CancellationToken ct)
    {
        try
        {
            await DispatchAsync(request, parts, new Converger(parts.Kinds, parts.Store, parts.Guard, TimeProvider.System, events), events, ct);
        }
        catch (CloudletException e)
        {
            events(new Refused(e.Kind, e.Message));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            events(new Refused(ErrorKind.Unexpected, $"{request.Verb.ToString().ToLowerInvariant()}: {e}"));
        }
    }

    private static Task DispatchAsync(HostRequest request, HostParts parts, Converger converger, ConvergeEventSink events, CancellationToken ct) => request.Verb switch
    {
        HostVerb.Plan => converger.PlanAsync(Needed(request.State), ct),
        HostVerb.Apply => converger.ApplyAsync(Needed(request.State), Options(request), ct),
        HostVerb.Verify => converger.VerifyAsync(Needed(request.State ?? parts.Store.ReadApplied()), ct),
        HostVerb.Confirm => converger.ConfirmAsync(ct),
        HostVerb.RollBack => converger.RollBackAsync(request.UnconfirmedRun, ct),
        HostVerb.Restore => converger.RestoreAsync(ct),
        HostVerb.Status => ReportAsync(converger, parts, events),
        HostVerb.Health => HealthAsync(request.Health ?? new HealthRequest(), parts, events),
        HostVerb.Explain => ExplainAsync(request, parts, events, ct),
        _ => throw new CloudletException(ErrorKind.Unsupported, $"this version does not know the request {request.Verb}"),
    };

    /// <summary>What the daemon says comes first: the state is the last word of this answer.</summary>
    private static Task ReportAsync(Converger converger, HostParts parts, ConvergeEventSink events)
    {
        if (parts.Health is { } paths && HealthRequest.Status(parts.Machine.Files, paths) is { } status)
            events(new HealthReported(status));
        converger.Report();
        return Task.CompletedTask;
    }

    private static Task HealthAsync(HealthRequest asked, HostParts parts, ConvergeEventSink events)
    {
        if (parts.Health is not { } paths)
            throw new CloudletException(ErrorKind.Unsupported, "a network namespace has no health daemon; ask the host it is on");
        events(new HealthReported(asked.Answer(parts.Machine.Files, paths, TimeProvider.System)) { History = asked.History(parts.Machine.Files, paths) });
        return Task.CompletedTask;
    }

    /// <summary>The account for the API is that of this process's environment: over ssh, what the host gives to a command.</summary>
    private static async Task ExplainAsync(HostRequest request, HostParts parts, ConvergeEventSink events, CancellationToken ct)
    {
        if (parts.Health is not { } paths)
            throw new CloudletException(ErrorKind.Unsupported, "a network namespace has no Nova; ask the host it is on");
        var asked = new EvidenceRequest(request.Server, parts.Store.ReadApplied(), Healthd.Heal.Identity.Read(parts.Machine.Files, paths)?.HostName, typeof(HostRunner).Assembly.GetName().Version?.ToString(3) ?? "");
        var bundle = await new EvidenceCollector(parts.Machine, Environment.GetEnvironmentVariable, TimeProvider.System).CollectAsync(asked, new Notes(events), ct);
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

    private static ApplyOptions Options(HostRequest request) => new()
    {
        ConfirmWithin = request.ConfirmSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        RollBackOnFailure = request.RollBackOnFailure,
    };

    private static HostState Needed(HostState? state) =>
        state ?? throw new CloudletException(ErrorKind.NotFound, "no state was ever applied to this host; name a site file");
}
