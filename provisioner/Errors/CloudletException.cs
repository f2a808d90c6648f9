namespace Cloudlet.Errors;

/// <summary>The kind of an error; decides whether a retry can help.</summary>
public enum ErrorKind
{
    /// <summary>Nothing else fits: a defect of ours or an undocumented answer.</summary>
    Unexpected,

    /// <summary>The user's description or command line is wrong; only the user can correct it.</summary>
    InvalidInput,

    /// <summary>What was asked for does not exist (ENOENT, ENODEV, no such unit, no such package).</summary>
    NotFound,

    /// <summary>Something of that name already exists (EEXIST).</summary>
    AlreadyExists,

    /// <summary>The kernel or a service refused for lack of privilege (EPERM, EACCES).</summary>
    PermissionDenied,

    /// <summary>The running kernel has no driver for the link kind (EOPNOTSUPP, "Unknown device type").</summary>
    DriverMissing,

    /// <summary>Something else uses the resource right now (EBUSY, a lock).</summary>
    Busy,

    /// <summary>A call or a dump was interrupted; a retry gives a complete answer (EINTR, NLM_F_DUMP_INTR).</summary>
    Interrupted,

    /// <summary>The kernel dropped messages because we read too slowly (ENOBUFS).</summary>
    Overrun,

    /// <summary>The file system is full (ENOSPC, EDQUOT).</summary>
    NoSpace,

    /// <summary>The file system is mounted read-only (EROFS).</summary>
    ReadOnly,

    /// <summary>No answer in the time allowed.</summary>
    Timeout,

    /// <summary>The host or service could not be reached (no route, refused, ssh failed).</summary>
    Unreachable,

    /// <summary>This host or this version does not support what was asked for.</summary>
    Unsupported,

    /// <summary>A helper program failed.</summary>
    ProcessFailed,

    /// <summary>
    /// Something that is not ours blocks the operation, and only the operator can decide about it (a mount over a file, our address on a
    /// link that is not ours).
    /// </summary>
    Obstructed,

    /// <summary>Another description owns the host; ownership changes only on request.</summary>
    OwnedByOther,
}

/// <summary>
/// The one exception that our code throws on purpose. The message says what was tried, what was found and what to do next. Code decides
/// on <see cref="Kind"/>, never on the text. A derived class adds details for programs.
/// </summary>
public class CloudletException : Exception
{
    /// <summary>Creates an error of <paramref name="kind"/>.</summary>
    /// <param name="kind">The kind of the error.</param>
    /// <param name="message">What was tried, what was found, what to do next.</param>
    /// <param name="inner">The cause, if any; it is never dropped.</param>
    public CloudletException(ErrorKind kind, string message, Exception? inner = null)
        : base(message, inner) => Kind = kind;

    /// <summary>The kind of the error.</summary>
    public ErrorKind Kind { get; }

    /// <summary>True when the same call may succeed later without any correction.</summary>
    public bool CanRetry =>
        Kind is ErrorKind.Busy or ErrorKind.Interrupted or ErrorKind.Overrun or ErrorKind.Timeout or ErrorKind.Unreachable;
}
