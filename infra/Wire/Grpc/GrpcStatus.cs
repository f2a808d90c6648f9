using Cloudlet.Wire.Protocol;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Cloudlet.Wire.Grpc;

/// <summary>How a call ended, as gRPC numbers it.</summary>
public enum GrpcCode
{
    /// <summary>As asked.</summary>
    Ok = 0,

    /// <summary>The caller gave up.</summary>
    Cancelled = 1,

    /// <summary>Nobody knows.</summary>
    Unknown = 2,

    /// <summary>What was asked is wrong, whatever the state of the system.</summary>
    InvalidArgument = 3,

    /// <summary>The time allowed was over.</summary>
    DeadlineExceeded = 4,

    /// <summary>What was asked for is not there.</summary>
    NotFound = 5,

    /// <summary>What should be made is there already.</summary>
    AlreadyExists = 6,

    /// <summary>The caller may not.</summary>
    PermissionDenied = 7,

    /// <summary>Something ran out: space, quota, the size that a message may have.</summary>
    ResourceExhausted = 8,

    /// <summary>The system is not in a state for it.</summary>
    FailedPrecondition = 9,

    /// <summary>Somebody else was in the way; the whole may be tried again.</summary>
    Aborted = 10,

    /// <summary>Beyond the end.</summary>
    OutOfRange = 11,

    /// <summary>The other side has no such method.</summary>
    Unimplemented = 12,

    /// <summary>A defect.</summary>
    Internal = 13,

    /// <summary>The other side cannot be reached at present.</summary>
    Unavailable = 14,

    /// <summary>Data were lost.</summary>
    DataLoss = 15,

    /// <summary>The caller did not say who it is.</summary>
    Unauthenticated = 16,
}

/// <summary>The outcome of a call.</summary>
/// <param name="Code">Its class: what code decides on.</param>
/// <param name="Message">Text for people; never empty where <paramref name="Code"/> is an error of ours.</param>
/// <param name="Details">Messages that say more, for code.</param>
public sealed record GrpcStatus(GrpcCode Code, string Message, IReadOnlyList<Any> Details)
{
    /// <summary>An outcome without details.</summary>
    public GrpcStatus(GrpcCode code, string message) : this(code, message, [])
    {
    }

    /// <summary>An outcome with details; each goes as <c>type.googleapis.com/</c> and its full name.</summary>
    public static GrpcStatus With(GrpcCode code, string message, params ReadOnlySpan<IMessage> details)
    {
        var packed = new List<Any>(details.Length);
        foreach (var detail in details)
            packed.Add(Any.Pack(detail));
        return new GrpcStatus(code, message, packed);
    }

    /// <summary>The first detail of a type, or null.</summary>
    public T? Detail<T>() where T : class, IMessage, new()
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

    internal Status ToProtocol() => new() { Code = (int)Code, Message = Message, Details = { Details } };
}

/// <summary>A call that did not end well: thrown by a client, and by a handler that wants its caller to see this very status.</summary>
public sealed class GrpcException : Exception
{
    /// <summary>An error of <paramref name="status"/>.</summary>
    public GrpcException(GrpcStatus status, Exception? inner = null) : base(status.ToString(), inner) => Status = status;

    /// <summary>An error without details.</summary>
    public GrpcException(GrpcCode code, string message, Exception? inner = null) : this(new GrpcStatus(code, message), inner)
    {
    }

    /// <summary>How the call ended.</summary>
    public GrpcStatus Status { get; }
}
