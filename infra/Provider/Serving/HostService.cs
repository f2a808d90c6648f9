using Cloudlet.Errors;
using Cloudlet.Provider.Resources;
using Cloudlet.Wire.Grpc;
using Cloudlet.Wire.Protocol;
using Cloudlet.Wire.Values;
using Google.Protobuf.WellKnownTypes;

namespace Cloudlet.Provider.Serving;

/// <summary>The methods of the protocol that are about hosts: messages in, messages out, and what a host means in between is <see cref="HostResource"/>'s.</summary>
internal sealed class HostService(HostResource resource, EngineLog log)
{
    /// <summary>The one type of resources.</summary>
    public const string TypeToken = "cloudlet:index:Host";

    public static CheckResponse Check(CheckRequest request)
    {
        var inputs = Inputs(request.Urn, request.News);
        var (_, problems) = inputs.Compile();
        var redaction = new Redaction(inputs.Tree);
        var named = inputs.Tree[HostInputs.NameKey] is null or Cloudlet.Wire.Values.NullValue ? inputs.Tree.With(HostInputs.NameKey, new TextValue(inputs.Name)) : inputs.Tree;
        return new CheckResponse
        {
            Inputs = PropertyCodec.ToStruct(named),
            Failures = { problems.Select(p => new CheckFailure { Property = p.Path, Reason = redaction.Clean(p.Reason) }) },
        };
    }

    public static DiffResponse Diff(DiffRequest request)
    {
        var outputs = PropertyCodec.FromStruct(request.Olds);
        var before = request.OldInputs is null ? HostOutputs.Inputs(outputs) : PropertyCodec.FromStruct(request.OldInputs);
        return ToResponse(HostDiff.Between(Inputs(request.Urn, request.News), before, outputs, request.IgnoreChanges));
    }

    public async Task<CreateResponse> CreateAsync(CreateRequest request, CancellationToken ct)
    {
        var inputs = Inputs(request.Urn, request.Properties);
        var result = await RunAsync(request.Urn, request.Timeout, inputs, request.Preview ? resource.PreviewAsync : resource.ConvergeAsync, ct);
        return new CreateResponse { Id = result.Id, Properties = PropertyCodec.ToStruct(result.Outputs), RefreshBeforeUpdate = true };
    }

    public async Task<UpdateResponse> UpdateAsync(UpdateRequest request, CancellationToken ct)
    {
        var inputs = Inputs(request.Urn, request.News);
        var result = await RunAsync(request.Urn, request.Timeout, inputs, request.Preview ? resource.PreviewAsync : resource.ConvergeAsync, ct, request.Id);
        return new UpdateResponse { Properties = PropertyCodec.ToStruct(result.Outputs), RefreshBeforeUpdate = true };
    }

    public async Task<ReadResponse> ReadAsync(ReadRequest request, CancellationToken ct)
    {
        if (request.Inputs is null || request.Inputs.Fields.Count == 0)
            return await ImportAsync(request, ct);
        var inputs = Inputs(request.Urn, request.Inputs);
        var before = PropertyCodec.FromStruct(request.Properties);
        var result = await RunAsync(request.Urn, request.Timeout, inputs, (i, tell, token) => resource.ReadAsync(request.Id, i, before, tell, token), ct, request.Id);
        return new ReadResponse { Id = result.Id, Inputs = request.Inputs, Properties = PropertyCodec.ToStruct(result.Outputs), RefreshBeforeUpdate = true };
    }

    public async Task<Empty> DeleteAsync(DeleteRequest request, CancellationToken ct)
    {
        var inputs = Inputs(request.Urn, request.OldInputs ?? PropertyCodec.ToStruct(HostOutputs.Inputs(PropertyCodec.FromStruct(request.Properties))));
        await RunAsync(request.Urn, request.Timeout, inputs, async (i, tell, token) =>
        {
            await resource.DeleteAsync(i, tell, token);
            return new HostResult(request.Id, MapValue.Empty, []);
        }, ct);
        return new Empty();
    }

    /// <summary>Changes as the engine reads them. There is one machine: its successor cannot stand beside it.</summary>
    public static DiffResponse ToResponse(IReadOnlyList<DiffEntry> entries)
    {
        var response = new DiffResponse
        {
            Changes = entries.Count == 0 ? DiffResponse.Types.DiffChanges.DiffNone : DiffResponse.Types.DiffChanges.DiffSome,
            HasDetailedDiff = true,
            DeleteBeforeReplace = true,
            Diffs = { entries.Select(static e => InputTree.Keys(e.Path)[0]).Distinct(StringComparer.Ordinal) },
            Replaces = { entries.Where(static e => e.Replaces).Select(static e => e.Path) },
        };
        foreach (var entry in entries)
            response.DetailedDiff[entry.Path] = new PropertyDiff { Kind = KindOf(entry), InputDiff = entry.IsInput };
        return response;
    }

    private async Task<ReadResponse> ImportAsync(ReadRequest request, CancellationToken ct)
    {
        var name = NameOf(request.Urn);
        var none = new HostInputs(MapValue.Empty, name);
        var result = await RunAsync(request.Urn, request.Timeout, none, (_, tell, token) => resource.ImportAsync(request.Id, name, tell, token), ct);
        return new ReadResponse { Id = result.Id, Inputs = PropertyCodec.ToStruct(result.Inputs!), Properties = PropertyCodec.ToStruct(result.Outputs), RefreshBeforeUpdate = true };
    }

    /// <summary>Does something with a host, within the time that the user allows, and without a secret in what is said.</summary>
    private async Task<HostResult> RunAsync(
        string urn, double seconds, HostInputs inputs, Func<HostInputs, Action<Progress>, CancellationToken, Task<HostResult>> what, CancellationToken ct, string? id = null)
    {
        var redaction = new Redaction(inputs.Tree);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        if (seconds > 0)
            limit.CancelAfter(TimeSpan.FromSeconds(Math.Min(seconds, 2_000_000)));
        try
        {
            var result = await what(inputs, progress => log.Tell(urn, progress with { Text = redaction.Clean(progress.Text) }), limit.Token);
            return result.Reasons.Count == 0 ? result : throw Statuses.InitFailed(id is null ? result : result with { Id = id }, inputs.Tree, redaction);
        }
        catch (CloudletException e)
        {
            throw new CloudletException(e.Kind, redaction.Clean(e.Message), e);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new CloudletException(ErrorKind.Timeout, $"{inputs.Name} was not done in the {seconds} s that are allowed; nothing was changed. Raise customTimeouts, or look at what the host waits for");
        }
    }

    private static HostInputs Inputs(string urn, Struct? tree)
    {
        // The engine asks for types that the package has; what else comes is a program that is wrong about it.
        var parts = urn.Split("::");
        if (parts.Length >= 4 && parts[2].Split('$')[^1] is var type && type != TypeToken)
            throw new GrpcException(GrpcCode.InvalidArgument, $"there is no resource type {type}; this provider has {TypeToken}");
        return HostInputs.Of(PropertyCodec.FromStruct(tree), NameOf(urn));
    }

    private static string NameOf(string urn) => urn.Split("::", 4)[^1];

    private static PropertyDiff.Types.Kind KindOf(DiffEntry entry) => (entry.Kind, entry.Replaces) switch
    {
        (DiffKind.Add, false) => PropertyDiff.Types.Kind.Add,
        (DiffKind.Add, true) => PropertyDiff.Types.Kind.AddReplace,
        (DiffKind.Delete, false) => PropertyDiff.Types.Kind.Delete,
        (DiffKind.Delete, true) => PropertyDiff.Types.Kind.DeleteReplace,
        (_, false) => PropertyDiff.Types.Kind.Update,
        (_, true) => PropertyDiff.Types.Kind.UpdateReplace,
    };
}
