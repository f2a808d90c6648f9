using System.Collections.Immutable;
using System.Text.Json;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Planning;
using Cloudlet.Errors;
using Cloudlet.Provider.Agents;

namespace Cloudlet.Provider.Resources;

/// <summary>One request to a host and what came of it.</summary>
/// <param name="tell">Tells the user what happens.</param>
internal sealed class HostRun(Action<Progress> tell)
{
    private readonly Lock turn = new();
    private readonly List<string> reasons = [];
    private Planned? planned;
    private Verified? verified;
    private Finished? finished;
    private Refused? refused;
    private StateReported? remembered;
    private ImmutableArray<string> alarms = [];

    /// <summary>True when the host was being changed, so that a failure leaves it changed in part.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>What was not as described at the last look; null: there was none.</summary>
    public IReadOnlyList<ResourceChange>? Changes => verified?.Drift ?? (finished?.Result == RunResult.Unchanged ? [] : planned?.Changes);

    /// <summary>What could not be done, a line each.</summary>
    public IReadOnlyList<string> Reasons => reasons;

    /// <summary>Alarms of the host's health daemon.</summary>
    public ImmutableArray<string> Alarms => alarms;

    /// <summary>Digest of the state that was last applied on the host, when it was asked.</summary>
    public string? Applied => remembered?.Applied;

    /// <summary>Asks, and fails as the host does, except that a failure after the first change becomes one of <see cref="Reasons"/>.</summary>
    /// <exception cref="CloudletException">The host did not answer, or refused; nothing was changed.</exception>
    public async Task AskAsync(IAgent agent, AgentRequest request, CancellationToken ct)
    {
        try
        {
            await agent.AskAsync(request, See, ct);
        }
        catch (CloudletException e) when (HasBegun)
        {
            reasons.Add(e.Message);
        }
        catch (OperationCanceledException) when (HasBegun)
        {
            reasons.Add("the change was interrupted: what was done is kept, and the next update goes on from there");
        }

        if (refused is not null && !HasBegun)
            throw new CloudletException(refused.Kind, refused.Message);
        if (refused is not null)
            reasons.Add(refused.Message);
        var hasAnswer = finished is not null || (request.Verb == AgentRequest.Plan && planned is not null) || (request.Verb == AgentRequest.Status && remembered is not null);
        if (!hasAnswer && reasons.Count == 0)
            Incomplete();
        if (finished is { Result: RunResult.Failed or RunResult.RollbackFailed } && reasons.Count == 0)
            reasons.Add($"{finished.Failed} failed, {finished.Skipped} skipped; what is not as described: {string.Join(", ", (Changes ?? []).Select(static c => c.Id))}");
    }

    private void Incomplete()
    {
        const string message = "the host's answer ended before its last word";
        if (!HasBegun)
            throw new CloudletException(ErrorKind.Unreachable, $"{message}; nothing was changed");
        reasons.Add($"{message}; what was begun goes on there, and the next update goes on from where it ends");
    }

    private void See(ConvergeEvent happened)
    {
        lock (turn)
            Keep(happened);
        if (Progress.Of(happened) is { } progress)
            tell(progress);
    }

    private void Keep(ConvergeEvent happened)
    {
        switch (happened)
        {
            case Planned e:
                planned = e;
                break;
            case Verified e:
                verified = e;
                break;
            case Finished e:
                finished = e;
                break;
            case Refused e:
                refused = e;
                break;
            case StateReported e:
                remembered = e;
                break;
            case HealthReported { Status: { } status }:
                alarms = AlarmsOf(status);
                break;
            case ChangeStarted:
                HasBegun = true;
                break;
            case ChangeFailed e:
                reasons.Add($"{e.Id}: {e.Message}");
                break;
            case ChangeSkipped e:
                reasons.Add($"{e.Id}: left alone because {e.Because} failed");
                break;
        }
    }

    private static ImmutableArray<string> AlarmsOf(JsonElement status) =>
        status.TryGetProperty("alarms", out var alarms) && alarms.ValueKind == JsonValueKind.Array
            ? [.. alarms.EnumerateArray().Select(static a => $"{Text(a, "kind")} {Text(a, "subject")}: {Text(a, "message")}")]
            : [];

    private static string Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.ToString() : "";
}
