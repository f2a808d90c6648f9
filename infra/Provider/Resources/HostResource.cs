using Cloudlet.Converge.Planning;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Site;
using Cloudlet.Errors;
using Cloudlet.Provider.Agents;
using Cloudlet.Wire.Values;

namespace Cloudlet.Provider.Resources;

/// <summary>A host after an operation.</summary>
/// <param name="Id">What the engine knows it by: how it is reached.</param>
/// <param name="Outputs">What is known of it.</param>
/// <param name="Reasons">Why it is not as described; empty when it is, or when nobody tried to make it so.</param>
internal sealed record HostResult(string Id, MapValue Outputs, IReadOnlyList<string> Reasons)
{
    /// <summary>Its inputs, where they were found out.</summary>
    public MapValue? Inputs { get; init; }

    /// <summary>Why it could not be reached at all.</summary>
    public bool IsUnreachable { get; init; }
}

/// <summary>The life of one host: made, looked at, changed, given back. Every method may be called again after any end of an earlier call.</summary>
/// <param name="door">The ways to hosts.</param>
/// <param name="settings">The provider's configuration.</param>
internal sealed class HostResource(IHostDoor door, ProviderSettings settings)
{
    /// <summary>What making or changing the host would do. A host that cannot be reached is not an error: it may be made by the same update.</summary>
    public async Task<HostResult> PreviewAsync(HostInputs inputs, Action<Progress> tell, CancellationToken ct)
    {
        if (inputs.HasUnknowns || inputs.Reach is not { } reach)
            return new HostResult("", HostOutputs.Preview(inputs, null), []);
        var desired = Compiled(inputs);
        try
        {
            await using var agent = door.Open(reach);
            var run = new HostRun(tell);
            await run.AskAsync(agent, new AgentRequest(AgentRequest.Plan) { State = desired }, ct);
            tell(Progress.OfPlan(inputs.Name, run.Changes ?? []));
        }
        catch (CloudletException e)
        {
            tell(new Progress(Weight.Info, $"what would change on {inputs.Name} is not known, because it cannot be looked at now: {e.Message}"));
        }

        return new HostResult(reach.ToString()!, HostOutputs.Preview(inputs, desired), []);
    }

    /// <summary>Makes the host as described, whatever it is now.</summary>
    /// <exception cref="CloudletException">It was not touched.</exception>
    public async Task<HostResult> ConvergeAsync(HostInputs inputs, Action<Progress> tell, CancellationToken ct)
    {
        var (reach, desired) = (Known(inputs), Compiled(inputs));
        await using var agent = door.Open(reach);
        var run = new HostRun(tell);
        await run.AskAsync(agent, new AgentRequest(AgentRequest.Apply) { State = desired }, ct);
        var isWell = run.Reasons.Count == 0;
        var health = new HostHealth(isWell ? HostHealth.AsDescribed : HostHealth.Drifted, isWell ? await AlarmsAsync(agent, inputs, ct) : []);
        return new HostResult(reach.ToString()!, HostOutputs.Of(inputs, desired, ObservedHost.After(desired, run.Changes ?? []), health), run.Reasons);
    }

    /// <summary>Looks at the host.</summary>
    /// <param name="id">What the engine knows it by.</param>
    /// <param name="inputs">What it should be.</param>
    /// <param name="before">What was known of it.</param>
    /// <param name="tell">Tells the user.</param>
    /// <param name="ct">Ends the look.</param>
    public async Task<HostResult> ReadAsync(string id, HostInputs inputs, MapValue before, Action<Progress> tell, CancellationToken ct)
    {
        var (reach, desired) = (Known(inputs), Compiled(inputs));
        try
        {
            await using var agent = door.Open(reach);
            var run = new HostRun(tell);
            await run.AskAsync(agent, new AgentRequest(AgentRequest.Plan) { State = desired }, ct);
            var changes = run.Changes ?? [];
            var observed = ObservedHost.After(desired, changes);
            var unseen = changes.Where(static c => c.Action == ChangeAction.Unknown).Select(static c => $"{c.Id} could not be looked at: {c.Error}").ToList();
            var isWell = !observed.Compare(desired).Any();
            if (!isWell)
                tell(Progress.OfPlan(inputs.Name, changes) with { Weight = Weight.Warning });
            var health = new HostHealth(isWell ? HostHealth.AsDescribed : HostHealth.Drifted, await AlarmsAsync(agent, inputs, ct));
            return new HostResult(id, HostOutputs.Of(inputs, desired, observed, health), unseen);
        }
        catch (CloudletException e) when (e.Kind is ErrorKind.Unreachable or ErrorKind.Timeout)
        {
            // One dead host must not hold up a refresh of the others: it is there, and not well.
            return new HostResult(id, HostOutputs.Unreachable(before), [e.Message]) { IsUnreachable = true };
        }
    }

    /// <summary>Takes up a host that is there already; its description is the program's to say.</summary>
    /// <param name="id">How it is reached.</param>
    /// <param name="name">Name of the resource.</param>
    /// <param name="tell">Tells the user.</param>
    /// <param name="ct">Ends the look.</param>
    public async Task<HostResult> ImportAsync(string id, string name, Action<Progress> tell, CancellationToken ct)
    {
        var reach = HostReach.Parse(id, out var error) ?? throw new CloudletException(ErrorKind.InvalidInput, $"the id of a host is how it is reached: {error}");
        await using var agent = door.Open(reach);
        var run = new HostRun(tell);
        await run.AskAsync(agent, new AgentRequest(AgentRequest.Status), ct);
        var inputs = MapValue.Empty.With(HostInputs.NameKey, new TextValue(name)).With("reach", new TextValue(id));
        tell(new Progress(Weight.Info, run.Applied is { } digest
            ? $"{name} was last made as {digest}; what it should be from now on is what the program says"
            : $"nothing was ever applied to {name}; what it should be is what the program says"));
        var outputs = inputs
            .With(HostOutputs.DigestKey, new TextValue(run.Applied ?? ""))
            .With(HostOutputs.AddressesKey, new ListValue([]))
            .With(HostOutputs.ObservedKey, MapValue.Empty)
            .With(HostOutputs.HealthKey, new HostHealth(HostHealth.Drifted, run.Alarms).ToValue());
        return new HostResult(reach.ToString()!, outputs, []) { Inputs = inputs };
    }

    /// <summary>Gives the host back, or only forgets it.</summary>
    /// <exception cref="CloudletException">It was not given back; nothing, or not all, was done, and trying again goes on.</exception>
    public async Task DeleteAsync(HostInputs inputs, Action<Progress> tell, CancellationToken ct)
    {
        if ((inputs.OnDelete ?? settings.OnDelete) == OnDeletes.Forget)
        {
            tell(new Progress(Weight.Info, $"{inputs.Name} is forgotten and stays as it is"));
            return;
        }

        await using var agent = door.Open(Known(inputs));
        var run = new HostRun(tell);
        await run.AskAsync(agent, new AgentRequest(AgentRequest.Restore), ct);
        if (run.Reasons.Count > 0)
            throw new CloudletException(ErrorKind.Busy, $"{inputs.Name} is not back to what it was: {string.Join("; ", run.Reasons)}. Delete again to go on, or set onDelete: {OnDeletes.Forget}");
    }

    private static async Task<System.Collections.Immutable.ImmutableArray<string>> AlarmsAsync(IAgent agent, HostInputs inputs, CancellationToken ct)
    {
        if (inputs.Tree["health"] is null or NullValue)
            return [];
        var run = new HostRun(static _ => { });
        await run.AskAsync(agent, new AgentRequest(AgentRequest.Status), ct);
        return run.Alarms;
    }

    private static HostReach Known(HostInputs inputs) => inputs.Reach ?? throw new CloudletException(ErrorKind.InvalidInput, $"{inputs.Tree["reach"]} is no way to reach a host");

    private static HostState Compiled(HostInputs inputs)
    {
        var (state, problems) = inputs.Compile();
        return state ?? throw new CloudletException(ErrorKind.InvalidInput, string.Join('\n', problems.Select(static p => $"{p.Path}: {p.Reason}")));
    }
}
