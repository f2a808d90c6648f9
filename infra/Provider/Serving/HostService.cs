using System.ComponentModel;
using Cloudlet.Errors;
using Cloudlet.Provider.Resources;
using Cloudlet.Wire.Grpc;
using Cloudlet.Wire.Protocol;
using Cloudlet.Wire.Values;
using Google.Protobuf.WellKnownTypes;

namespace Cloudlet.Provider.Serving;

/// <summary>
/// The protocol's methods for hosts: converts messages; <see cref="HostResource"/> does the work.
/// </summary>
internal sealed class HostService(HostResource resource, EngineLog log)
{
    /// <summary>The only resource type.</summary>
    public const string TypeToken = "cloudlet:index:Host";

    public static CheckResponse Check(CheckRequest request)
    {
        var inputs = Inputs(request.Urn, request.News);
        var (_, problems) = inputs.Compile();
        var redaction = new Redaction(inputs.Tree);
        var named = inputs.Tree[HostInputs.NameKey] is null or Cloudlet.Wire.Values.NullValue
            ? inputs.Tree.With(HostInputs.NameKey, new TextValue(inputs.Name))
            : inputs.Tree;
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
        var inputs = Inputs(request.Urn, request.Properties, isNew: true);
        var result = await RunAsync(
            request.Urn,
            request.Timeout,
            inputs,
            request.Preview ? resource.PreviewAsync : resource.ConvergeAsync,
            ct
        );
        return new CreateResponse
        {
            Id = result.Id,
            Properties = PropertyCodec.ToStruct(result.Outputs),
            RefreshBeforeUpdate = true,
        };
    }

    public async Task<UpdateResponse> UpdateAsync(UpdateRequest request, CancellationToken ct)
    {
        var inputs = Inputs(request.Urn, request.News, request.Olds);
        var result = await RunAsync(
            request.Urn,
            request.Timeout,
            inputs,
            request.Preview ? resource.PreviewAsync : resource.ConvergeAsync,
            ct,
            request.Id
        );
        return new UpdateResponse { Properties = PropertyCodec.ToStruct(result.Outputs), RefreshBeforeUpdate = true };
    }

    public async Task<ReadResponse> ReadAsync(ReadRequest request, CancellationToken ct)
    {
        if (request.Inputs is null || request.Inputs.Fields.Count == 0)
            return await ImportAsync(request, ct);
        var inputs = Inputs(request.Urn, request.Inputs, request.Properties);
        var before = PropertyCodec.FromStruct(request.Properties);
        var result = await RunAsync(request.Urn, request.Timeout, inputs, Look, ct, request.Id);
        return new ReadResponse
        {
            Id = result.Id,
            Inputs = request.Inputs,
            Properties = PropertyCodec.ToStruct(result.Outputs),
            RefreshBeforeUpdate = true,
        };

        async Task<HostResult> Look(HostInputs described, Action<Progress> tell, CancellationToken limit)
        {
            try
            {
                return await resource.ReadAsync(request.Id, described, before, tell, limit);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                return HostResource.NotSeen(
                    request.Id,
                    before,
                    new CloudletException(ErrorKind.Timeout, $"{described.Name} was not observed within the {request.Timeout} s allowed")
                );
            }
        }
    }

    public async Task<Empty> DeleteAsync(DeleteRequest request, CancellationToken ct)
    {
        var inputs = Inputs(
            request.Urn,
            request.OldInputs ?? PropertyCodec.ToStruct(HostOutputs.Inputs(PropertyCodec.FromStruct(request.Properties))),
            request.Properties
        );
        await RunAsync(
            request.Urn,
            request.Timeout,
            inputs,
            async (i, tell, token) =>
            {
                await resource.DeleteAsync(i, tell, token);
                return new HostResult(request.Id, MapValue.Empty, []);
            },
            ct
        );
        return new Empty();
    }

    /// <summary>Changes in the engine's format. There is one machine, so its successor cannot exist beside it.</summary>
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
        var result = await RunAsync(
            request.Urn,
            request.Timeout,
            none,
            (_, tell, token) => resource.ImportAsync(request.Id, name, tell, token),
            ct
        );
        return new ReadResponse
        {
            Id = result.Id,
            Inputs = PropertyCodec.ToStruct(result.Inputs!),
            Properties = PropertyCodec.ToStruct(result.Outputs),
            RefreshBeforeUpdate = true,
        };
    }

    /// <summary>Runs an operation on a host, within the user's time limit, and removes secrets from messages.</summary>
    private async Task<HostResult> RunAsync(
        string urn,
        double seconds,
        HostInputs inputs,
        Func<HostInputs, Action<Progress>, CancellationToken, Task<HostResult>> what,
        CancellationToken ct,
        string? id = null
    )
    {
        var redaction = new Redaction(inputs.Tree);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        if (seconds > 0)
            limit.CancelAfter(TimeSpan.FromSeconds(Math.Min(seconds, 2_000_000)));
        try
        {
            var result = await what(
                inputs,
                progress => log.Tell(urn, progress with { Text = redaction.Clean(progress.Text) }),
                limit.Token
            );
            return result.Reasons.Count == 0
                ? result
                : throw GrpcStatusMapper.InitFailed(id is null ? result : result with { Id = id }, inputs.Tree, redaction);
        }
        catch (CloudletException e)
        {
            throw new CloudletException(e.Kind, redaction.Clean(e.Message), e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or Win32Exception)
        {
            // The cause is on this machine: a program that cannot be started, a full /tmp. INTERNAL would call the state corrupt.
            throw new CloudletException(
                ErrorKind.ProcessFailed,
                redaction.Clean($"{inputs.Name} could not be contacted from this machine: {e.Message}"),
                e
            );
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new CloudletException(
                ErrorKind.Timeout,
                $"{inputs.Name} did not finish within the {seconds} s allowed; nothing was changed. Raise customTimeouts, or check "
                    + "what the host waits for"
            );
        }
    }

    private static HostInputs Inputs(string urn, Struct? tree, Struct? outputs = null, bool isNew = false)
    {
        // The engine asks only for types of this package; any other type is an error in the program.
        var parts = urn.Split("::");
        if (parts.Length >= 4 && parts[2].Split('$')[^1] is var type && type != TypeToken)
            throw new GrpcException(GrpcCode.InvalidArgument, $"unknown resource type {type}; this provider has {TypeToken}");
        return HostInputs.Of(PropertyCodec.FromStruct(tree), NameOf(urn)) with
        {
            By = new Describer(urn)
            {
                IsNew = isNew,
                Formerly = outputs is null ? null : HostOutputs.OwnerIn(PropertyCodec.FromStruct(outputs)),
            },
        };
    }

    private static string NameOf(string urn) => urn.Split("::", 4)[^1];

    private static PropertyDiff.Types.Kind KindOf(DiffEntry entry) =>
        (entry.Kind, entry.Replaces) switch
        {
            (DiffKind.Add, false) => PropertyDiff.Types.Kind.Add,
            (DiffKind.Add, true) => PropertyDiff.Types.Kind.AddReplace,
            (DiffKind.Delete, false) => PropertyDiff.Types.Kind.Delete,
            (DiffKind.Delete, true) => PropertyDiff.Types.Kind.DeleteReplace,
            (_, false) => PropertyDiff.Types.Kind.Update,
            (_, true) => PropertyDiff.Types.Kind.UpdateReplace,
        };
}
