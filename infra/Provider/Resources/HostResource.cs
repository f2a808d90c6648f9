using Cloudlet.Agent;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Plans;
using Cloudlet.Converge.State;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Sections;
using Cloudlet.Errors;
using Cloudlet.Provider.Agents;
using Cloudlet.Provider.Settings;
using Cloudlet.Wire.Values;

namespace Cloudlet.Provider.Resources;

/// <summary>A host after an operation.</summary>
/// <param name="Id">The engine's id of it: how it is reached.</param>
/// <param name="Outputs">What is known of it.</param>
/// <param name="Reasons">Why it is not as described; empty when it is, or when it was not changed.</param>
internal sealed record HostResult(string Id, MapValue Outputs, IReadOnlyList<string> Reasons)
{
    /// <summary>Its inputs, if they were read from the host.</summary>
    public MapValue? Inputs { get; init; }

    /// <summary>True when it could not be reached at all.</summary>
    public bool IsUnreachable { get; init; }
}

/// <summary>
/// The life cycle of one host: create, observe, update, restore. Every method may be called again after any end of an earlier call.
/// </summary>
/// <param name="door">Opens connections to hosts.</param>
/// <param name="settings">The provider's configuration.</param>
/// <param name="claims">What other providers of the same run have seen; null: unknown.</param>
internal sealed class HostResource(IAgentConnector door, ProviderSettings settings, RunClaims? claims = null)
{
    private readonly SeenMachines _machines = new(claims);

    /// <summary>
    /// What creating or updating the host would do. A host that cannot be observed is not an error: the same update may create it.
    /// </summary>
    /// <exception cref="CloudletException">InvalidInput, OwnedByOther: an update is certain to be refused.</exception>
    public async Task<HostResult> PreviewAsync(HostInputs inputs, Action<Progress> tell, CancellationToken ct)
    {
        if (inputs.HasUnknowns || inputs.Reach is not { } reach)
            return new HostResult("", HostOutputs.Preview(inputs, null), []);
        var desired = Compiled(inputs);
        string[] refusals = [];
        try
        {
            await using var agent = door.Open(reach, Look(tell));
            var run = new HostRun(tell);
            await run.AskAsync(
                agent,
                new AgentRequest(HostVerb.Plan)
                {
                    WithIdentity = true,
                    State = desired,
                    Secrets = inputs.Secrets,
                    Claim = ClaimOf(inputs),
                },
                ct
            );
            _machines.See(run.Identity, inputs.By);
            if (run.Owner is { } other && inputs.By is { IsNew: true } && !MayTakeOver(inputs))
                throw new CloudletException(
                    ErrorKind.OwnedByOther,
                    $"{inputs.Name} is described by {other}; an update would be refused. Remove the host there, or set takeOver: "
                        + "true for one update"
                );
            tell(Progress.OfPlan(inputs.Name, run.Changes ?? []));
            refusals = [.. (run.Changes ?? []).SelectMany(static c => c.Refusals ?? [])];
        }
        catch (Exception e) when (IsItsOwn(e, ct) && e is not CloudletException { Kind: ErrorKind.InvalidInput or ErrorKind.OwnedByOther })
        {
            tell(
                new Progress(Weight.Info, $"what would change on {inputs.Name} is unknown, because it cannot be observed now: {TextOf(e)}")
            );
        }

        if (refusals.Length > 0)
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"{inputs.Name} would refuse this update, which would change nothing there: {string.Join("; ", refusals)}"
            );
        return new HostResult(reach.ToString()!, HostOutputs.Preview(inputs, desired), []);
    }

    /// <summary>Makes the host as described, whatever its state is.</summary>
    /// <exception cref="CloudletException">It was not changed.</exception>
    public async Task<HostResult> ConvergeAsync(HostInputs inputs, Action<Progress> tell, CancellationToken ct)
    {
        var (reach, desired) = (Known(inputs), Compiled(inputs));
        await using var agent = door.Open(reach, ToCome(tell));
        var run = new HostRun(tell);
        await run.AskAsync(
            agent,
            new AgentRequest(HostVerb.Apply)
            {
                WithIdentity = true,
                State = desired,
                Secrets = inputs.Secrets,
                Claim = ClaimOf(inputs),
            },
            ct
        );
        var isWell = run.Reasons.Count == 0;
        var health = new HostHealth(
            isWell ? HostHealth.AsDescribed : HostHealth.Drifted,
            isWell ? await AlarmsAsync(agent, inputs, ct) : []
        );
        var outputs = HostOutputs.Of(inputs, desired, ObservedHost.After(desired, run.Changes ?? []), health);
        return new HostResult(reach.ToString()!, HostOutputs.WithOwner(outputs, inputs.By?.Urn), run.Reasons);
    }

    /// <summary>Observes the host. Any failure to do so is reported for this host, and never for other hosts.</summary>
    /// <param name="id">The engine's id of it.</param>
    /// <param name="inputs">What it should be.</param>
    /// <param name="before">What was known of it.</param>
    /// <param name="tell">Shows messages to the user.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task<HostResult> ReadAsync(string id, HostInputs inputs, MapValue before, Action<Progress> tell, CancellationToken ct)
    {
        try
        {
            return await LookAsync(id, inputs, before, tell, ct);
        }
        catch (Exception e) when (IsItsOwn(e, ct))
        {
            return NotSeen(id, before, e);
        }
    }

    /// <summary>A host that could not be observed: what was known of it stays.</summary>
    public static HostResult NotSeen(string id, MapValue before, Exception e)
    {
        var isUnreachable = e is CloudletException { Kind: ErrorKind.Unreachable or ErrorKind.Timeout };
        return new HostResult(id, HostOutputs.NotSeen(before, isUnreachable ? HostHealth.Unreachable : HostHealth.Unknown), [TextOf(e)])
        {
            IsUnreachable = isUnreachable,
        };
    }

    private async Task<HostResult> LookAsync(string id, HostInputs inputs, MapValue before, Action<Progress> tell, CancellationToken ct)
    {
        var (reach, desired) = (Known(inputs), Compiled(inputs));
        await using var agent = door.Open(reach, Look(tell));
        var run = new HostRun(tell);
        await run.AskAsync(
            agent,
            new AgentRequest(HostVerb.Plan)
            {
                WithIdentity = true,
                State = desired,
                Secrets = inputs.Secrets,
                Claim = ClaimOf(inputs),
            },
            ct
        );
        var changes = run.Changes ?? [];
        var observed = ObservedHost.After(desired, changes);
        var troubles = changes
            .Where(static c => c.Action == ChangeAction.Unknown)
            .Select(static c => $"{c.Id} could not be observed: {c.Error}")
            .ToList();
        try
        {
            _machines.See(run.Identity, inputs.By);
        }
        catch (CloudletException e)
        {
            troubles.Add(e.Message);
        }

        var isWell = !observed.Compare(desired).Any();
        if (!isWell)
            tell(Progress.OfPlan(inputs.Name, changes) with { Weight = Weight.Warning });
        var health = new HostHealth(isWell ? HostHealth.AsDescribed : HostHealth.Drifted, await AlarmsAsync(agent, inputs, ct));
        return new HostResult(
            id,
            HostOutputs.WithOwner(HostOutputs.Of(inputs, desired, observed, health), HostOutputs.OwnerIn(before)),
            troubles
        );
    }

    /// <summary>Imports a host that exists already; its description comes from the program.</summary>
    /// <param name="id">How it is reached.</param>
    /// <param name="name">Name of the resource.</param>
    /// <param name="tell">Shows messages to the user.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task<HostResult> ImportAsync(string id, string name, Action<Progress> tell, CancellationToken ct)
    {
        var reach =
            HostReach.Parse(id, out var error)
            ?? throw new CloudletException(ErrorKind.InvalidInput, $"the id of a host is how it is reached: {error}");
        await using var agent = door.Open(reach, Look(tell));
        var run = new HostRun(tell);
        await run.AskAsync(agent, new AgentRequest(HostVerb.Status), ct);
        var inputs = MapValue.Empty.With(HostInputs.NameKey, new TextValue(name)).With("reach", new TextValue(id));
        tell(
            new Progress(
                Weight.Info,
                run.Applied is { } digest
                    ? $"{name} was last applied as {digest}{(run.Owner is { } owner ? $" by {owner}" : "")}; from now on, the "
                        + "program describes it"
                    : $"nothing was ever applied to {name}; from now on, the program describes it"
            )
        );
        var outputs = inputs
            .With(HostOutputs.DigestKey, new TextValue(run.Applied ?? ""))
            .With(HostOutputs.AddressesKey, new ListValue([]))
            .With(HostOutputs.ObservedKey, MapValue.Empty)
            .With(
                HostOutputs.HealthKey,
                new HostHealth(run.Applied is null ? HostHealth.Undescribed : await VerifiedAsync(agent, ct), run.Alarms).ToValue()
            );
        return new HostResult(reach.ToString()!, outputs, []) { Inputs = inputs };
    }

    /// <summary>Restores the host to its earlier state, or only forgets it.</summary>
    /// <exception cref="CloudletException">It was not, or not completely, restored; calling again continues.</exception>
    public async Task DeleteAsync(HostInputs inputs, Action<Progress> tell, CancellationToken ct)
    {
        if ((inputs.OnDelete ?? settings.OnDelete) == OnDeletes.Forget)
        {
            tell(new Progress(Weight.Info, $"{inputs.Name} is forgotten and left as it is"));
            _machines.Forget(inputs.By);
            return;
        }

        await using var agent = door.Open(Known(inputs), ToCome(tell));
        var run = new HostRun(tell);
        try
        {
            // If another description owns the host now, it keeps it, whatever takeOver says.
            await run.AskAsync(agent, new AgentRequest(HostVerb.Restore) { Claim = inputs.By?.Claim(takeOver: false) }, ct);
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.OwnedByOther)
        {
            tell(new Progress(Weight.Warning, $"{inputs.Name} is left as it is, because another description owns it now: {e.Message}"));
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.NotFound && inputs.Reach is NamespaceReach)
        {
            tell(new Progress(Weight.Warning, $"{inputs.Name} is gone, so there is nothing to restore: {e.Message}"));
        }

        if (run.Reasons.Count > 0)
            throw new CloudletException(
                ErrorKind.Busy,
                $"{inputs.Name} was not completely restored: {string.Join("; ", run.Reasons)}. Delete again to continue, or set "
                    + $"onDelete: {OnDeletes.Forget}"
            );
        _machines.Forget(inputs.By);
    }

    private static async Task<System.Collections.Immutable.ImmutableArray<string>> AlarmsAsync(
        IAgent agent,
        HostInputs inputs,
        CancellationToken ct
    )
    {
        if (inputs.Tree["health"] is null or NullValue)
            return [];
        var run = new HostRun(static _ => { });
        await run.AskAsync(agent, new AgentRequest(HostVerb.Status), ct);
        return run.Alarms;
    }

    /// <summary>Whether a host matches the state that was last applied to it.</summary>
    private static async Task<string> VerifiedAsync(IAgent agent, CancellationToken ct)
    {
        var run = new HostRun(static _ => { });
        await run.AskAsync(agent, new AgentRequest(HostVerb.Verify), ct);
        return run.Result == RunResult.Unchanged ? HostHealth.AsDescribed : HostHealth.Drifted;
    }

    /// <summary>True for errors of this host alone; cancelling the update ends the observation of every host.</summary>
    private static bool IsItsOwn(Exception e, CancellationToken ct) => e is not OperationCanceledException || !ct.IsCancellationRequested;

    private static string TextOf(Exception e) => e is CloudletException ? e.Message : $"{e.GetType().Name}: {e.Message}";

    private static Waiting Look(Action<Progress> tell) => WaitingFor(tell, itToCome: false);

    private static Waiting ToCome(Action<Progress> tell) => WaitingFor(tell, itToCome: true);

    private static Waiting WaitingFor(Action<Progress> tell, bool itToCome) =>
        new(itToCome, (text, isFirst) => tell(new Progress(isFirst ? Weight.Info : Weight.Passing, text)));

    private bool MayTakeOver(HostInputs inputs) => inputs.TakeOver ?? settings.TakeOver;

    private OwnerClaim? ClaimOf(HostInputs inputs) => inputs.By?.Claim(MayTakeOver(inputs));

    private static HostReach Known(HostInputs inputs) =>
        inputs.Reach ?? throw new CloudletException(ErrorKind.InvalidInput, $"{inputs.Tree["reach"]} is not a valid way to reach a host");

    private static HostState Compiled(HostInputs inputs)
    {
        var (state, problems) = inputs.Compile();
        return state
            ?? throw new CloudletException(ErrorKind.InvalidInput, string.Join('\n', problems.Select(static p => $"{p.Path}: {p.Reason}")));
    }
}
