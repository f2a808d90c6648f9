using Cloudlet.Errors;
using Cloudlet.Provider.Resources;
using Cloudlet.Wire.Grpc;
using Cloudlet.Wire.Protocol;
using Cloudlet.Wire.Values;

namespace Cloudlet.Provider.Serving;

/// <summary>
/// Maps failures to gRPC status codes. The engine treats INTERNAL, UNKNOWN and DATA_LOSS as "the outcome is unknown" and then warns of a
/// corrupt state; every other code means "nothing happened". So only a defect of ours is INTERNAL.
/// </summary>
internal static class GrpcStatusMapper
{
    /// <summary>The status of an exception; null for a defect.</summary>
    public static GrpcStatus? Of(Exception error) =>
        error switch
        {
            CloudletException e => new GrpcStatus(CodeOf(e.Kind), e.Message),
            FormatException e => new GrpcStatus(GrpcCode.InvalidArgument, e.Message),
            OperationCanceledException => new GrpcStatus(GrpcCode.Cancelled, "the call was cancelled before anything was changed"),
            _ => null,
        };

    /// <summary>The status of a host that exists, but is not as described.</summary>
    public static GrpcException InitFailed(HostResult result, MapValue inputs, Redaction redaction)
    {
        // A header has little room, and the state of the host is in it too.
        var reasons = result.Reasons.Select(redaction.Clean).Select(static r => r.Length > 300 ? r[..300] + "…" : r).Take(10).ToList();
        if (result.Reasons.Count > reasons.Count)
            reasons.Add($"and {result.Reasons.Count - reasons.Count} more");
        var detail = new ErrorResourceInitFailed
        {
            Id = result.Id,
            Properties = PropertyCodec.ToStruct(result.Outputs),
            Inputs = PropertyCodec.ToStruct(inputs),
            Reasons = { reasons },
            RefreshBeforeUpdate = true,
        };
        var code = result.IsUnreachable ? GrpcCode.Unavailable : GrpcCode.FailedPrecondition;
        return new GrpcException(
            GrpcStatus.With(code, result.IsUnreachable ? reasons[0] : $"the host is not as described: {string.Join("; ", reasons)}", detail)
        );
    }

    private static GrpcCode CodeOf(ErrorKind kind) =>
        kind switch
        {
            ErrorKind.InvalidInput => GrpcCode.InvalidArgument,
            ErrorKind.NotFound => GrpcCode.NotFound,
            ErrorKind.AlreadyExists => GrpcCode.AlreadyExists,
            ErrorKind.PermissionDenied => GrpcCode.PermissionDenied,
            ErrorKind.Busy or ErrorKind.Interrupted or ErrorKind.Overrun => GrpcCode.Aborted,
            ErrorKind.NoSpace => GrpcCode.ResourceExhausted,
            ErrorKind.Timeout => GrpcCode.DeadlineExceeded,
            ErrorKind.Unreachable => GrpcCode.Unavailable,
            // UNIMPLEMENTED would mean that the provider lacks the method.
            ErrorKind.Unsupported => GrpcCode.FailedPrecondition,
            _ => GrpcCode.FailedPrecondition,
        };
}
