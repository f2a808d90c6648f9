using System.Collections.Immutable;
using System.Text.Json;
using Cloudlet.Agent;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Plans;
using Cloudlet.Errors;

namespace Cloudlet.Provider.Resources;

/// <summary>One request to a host and its result.</summary>
/// <param name="tell">Shows messages to the user.</param>
internal sealed class HostRun(Action<Progress> tell)
{
    private readonly Lock _turn = new();
    private readonly List<string> _reasons = [];
    private Planned? _planned;
    private Verified? _verified;
    private Finished? _finished;
    private Refused? _refused;
    private StateReported? _remembered;
    private readonly HashSet<string> _done = new(StringComparer.Ordinal);
    private ImmutableArray<string> _alarms = [];

    /// <summary>True when changes have begun, so that a failure leaves the host partly changed.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>What was not as described when last observed; null: it was not observed.</summary>
    public IReadOnlyList<ResourceChange>? Changes =>
        _verified?.Drift ?? (_finished?.Result == RunResult.Unchanged ? [] : _planned?.Changes);

    /// <summary>What could not be done, a line each.</summary>
    public IReadOnlyList<string> Reasons => _reasons;

    /// <summary>Alarms of the host's health daemon.</summary>
    public ImmutableArray<string> Alarms => _alarms;

    /// <summary>Digest of the state last applied on the host, if the request asked for it.</summary>
    public string? Applied => _remembered?.Applied;

    /// <summary>Who describes the host; in a plan, only if it is another description.</summary>
    public Cloudlet.Converge.State.Owner? Owner { get; private set; }

    /// <summary>Identity of the host that answered, if it gave one.</summary>
    public string? Identity { get; private set; }

    /// <summary>Result of the request; null: it has none.</summary>
    public RunResult? Result => _finished?.Result;

    /// <summary>
    /// Sends the request and throws the host's failure, except that a failure after the first change is added to <see cref="Reasons"/>.
    /// </summary>
    /// <exception cref="CloudletException">The host did not answer, or refused; nothing was changed.</exception>
    public async Task AskAsync(IAgent agent, AgentRequest request, CancellationToken ct)
    {
        try
        {
            await agent.AskAsync(request, See, ct);
        }
        catch (CloudletException e) when (HasBegun)
        {
            _reasons.Add(e.Message);
        }
        catch (OperationCanceledException) when (HasBegun)
        {
            _reasons.Add("the change was interrupted: what was done is kept, and the next update continues from there");
        }

        if (_refused is not null && !HasBegun)
            throw new CloudletException(_refused.Kind, _refused.Message);
        if (_refused is not null)
            _reasons.Add(_refused.Message);
        var hasAnswer =
            _finished is not null
            || (request.Verb == HostVerb.Plan && _planned is not null)
            || (request.Verb == HostVerb.Status && _remembered is not null);
        if (!hasAnswer && _reasons.Count == 0)
            Incomplete();
        if (_finished is { Result: RunResult.Failed or RunResult.RollbackFailed } && _reasons.Count == 0)
            _reasons.AddRange((Changes ?? []).Select(ReasonOf));
        if (_finished is { Result: RunResult.Failed or RunResult.RollbackFailed } && _reasons.Count == 0)
            _reasons.Add("the host reported a failed run without a reason; run `cloudlet status` there");
    }

    private void Incomplete()
    {
        const string message = "the host's response was cut off";
        if (!HasBegun)
            throw new CloudletException(ErrorKind.Unreachable, $"{message}; nothing was changed");
        _reasons.Add($"{message}; the run continues there, and the next update continues from where it ends");
    }

    private void See(ConvergeEvent happened)
    {
        lock (_turn)
            Keep(happened);
        if (happened is ChangeStarted { Id: var id } && WasDone(id))
            tell(new Progress(Weight.Passing, $"{id} did not stay as applied; retrying"));
        else if (Progress.Of(happened) is { } progress)
            tell(progress);
    }

    private bool WasDone(string id)
    {
        lock (_turn)
            return _done.Contains(id);
    }

    // Names only: a property's value may be a secret, or half a file.
    private static string ReasonOf(ResourceChange change) =>
        change.Action switch
        {
            ChangeAction.Create => $"{change.Id}: it was created, but no longer exists",
            ChangeAction.Remove => $"{change.Id}: it was removed, but exists again",
            ChangeAction.Restore => $"{change.Id}: it was restored, but did not stay so",
            ChangeAction.Unknown => $"{change.Id}: it could not be observed: {change.Error}",
            _ => $"{change.Id}: it was changed, but did not stay so: "
                + $"{string.Join(", ", change.Properties.Select(p => PropertyText(change.Id, p)).Distinct(StringComparer.Ordinal))}",
        };

    private static string PropertyText(string id, PropertyChange property) =>
        id.StartsWith("unit:", StringComparison.Ordinal)
        && property is { From: not null, To: not null }
        && property.Path is "running" or "enabled" or "failed"
            ? $"{property.Path} is {property.From?.ToJsonString()}, expected {property.To?.ToJsonString()}"
            : property.Path;

    private void Keep(ConvergeEvent happened)
    {
        switch (happened)
        {
            case Planned e:
                _planned = e;
                break;
            case Verified e:
                _verified = e;
                break;
            case Finished e:
                _finished = e;
                break;
            case Refused e:
                _refused = e;
                break;
            case StateReported e:
                _remembered = e;
                Owner = e.Owner;
                break;
            case HealthReported { Status: { } status }:
                _alarms = AlarmsOf(status);
                break;
            case ChangeStarted:
                HasBegun = true;
                break;
            case ChangeDone e:
                _done.Add(e.Id);
                break;
            case Owned e:
                Owner = e.Owner;
                break;
            case Identified e:
                Identity = e.Identity;
                break;
            case ChangeFailed e:
                _reasons.Add($"{e.Id}: {e.Message}");
                break;
            case ChangeSkipped e:
                _reasons.Add($"{e.Id}: left alone because {e.Because} failed");
                break;
        }
    }

    private static ImmutableArray<string> AlarmsOf(JsonElement status) =>
        status.TryGetProperty("alarms", out var alarms) && alarms.ValueKind == JsonValueKind.Array
            ? [.. alarms.EnumerateArray().Select(static a => $"{Text(a, "kind")} {Text(a, "subject")}: {Text(a, "message")}")]
            : [];

    private static string Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.ToString() : "";
}
