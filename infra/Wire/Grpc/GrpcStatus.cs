using Cloudlet.Wire.Protocol;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Cloudlet.Wire.Grpc;

/// <summary>Result codes of a call, with gRPC's numbers.</summary>
public enum GrpcCode
{
    /// <summary>Success.</summary>
    Ok = 0,

    /// <summary>The caller cancelled the call.</summary>
    Cancelled = 1,

    /// <summary>Unknown error.</summary>
    Unknown = 2,

    /// <summary>The request is invalid, whatever the state of the system.</summary>
    InvalidArgument = 3,

    /// <summary>The time limit is over.</summary>
    DeadlineExceeded = 4,

    /// <summary>What was asked for does not exist.</summary>
    NotFound = 5,

    /// <summary>What should be created exists already.</summary>
    AlreadyExists = 6,

    /// <summary>The caller lacks the permission.</summary>
    PermissionDenied = 7,

    /// <summary>A resource is exhausted: space, quota, the size of a message.</summary>
    ResourceExhausted = 8,

    /// <summary>The system is not in the state that the call requires.</summary>
    FailedPrecondition = 9,

    /// <summary>Aborted by a conflict; the whole operation may be retried.</summary>
    Aborted = 10,

    /// <summary>Out of range.</summary>
    OutOfRange = 11,

    /// <summary>The peer does not have the method.</summary>
    Unimplemented = 12,

    /// <summary>A defect.</summary>
    Internal = 13,

    /// <summary>The peer cannot be reached at present.</summary>
    Unavailable = 14,

    /// <summary>Data were lost.</summary>
    DataLoss = 15,

    /// <summary>The caller is not authenticated.</summary>
    Unauthenticated = 16,
}

/// <summary>The outcome of a call.</summary>
/// <param name="Code">The result code: what code decides on.</param>
/// <param name="Message">Text for people; never empty if <paramref name="Code"/> is an error of ours.</param>
/// <param name="Details">Messages with more information, for code.</param>
public sealed record GrpcStatus(GrpcCode Code, string Message, IReadOnlyList<Any> Details)
{
    /// <summary>A status without details.</summary>
    public GrpcStatus(GrpcCode code, string message)
        : this(code, message, []) { }

    /// <summary>A status with details; each is sent as <c>type.googleapis.com/</c> and its full name.</summary>
    public static GrpcStatus With(GrpcCode code, string message, params ReadOnlySpan<IMessage> details)
    {
        var packed = new List<Any>(details.Length);
        foreach (var detail in details)
            packed.Add(Any.Pack(detail));
        return new GrpcStatus(code, message, packed);
    }

    /// <summary>The first detail of a type, or null.</summary>
    public T? Detail<T>()
        where T : class, IMessage, new()
    {
        foreach (var detail in Details)
        {
            if (detail.TryUnpack<T>(out var message))
                return message;
        }

        return null;
    }

    /// <summary><c>Unavailable: message</c>.</summary>
    public override string ToString() => Message.Length == 0 ? $"{Code}" : $"{Code}: {Message}";

    internal Status ToProtocol() =>
        new()
        {
            Code = (int)Code,
            Message = Message,
            Details = { Details },
        };
}

/// <summary>A failed call: thrown by a client, and by a handler that wants its caller to get this very status.</summary>
public sealed class GrpcException : Exception
{
    /// <summary>An error of <paramref name="status"/>.</summary>
    public GrpcException(GrpcStatus status, Exception? inner = null)
        : base(status.ToString(), inner) => Status = status;

    /// <summary>An error without details.</summary>
    public GrpcException(GrpcCode code, string message, Exception? inner = null)
        : this(new GrpcStatus(code, message), inner) { }

    /// <summary>The status of the call.</summary>
    public GrpcStatus Status { get; }
}
