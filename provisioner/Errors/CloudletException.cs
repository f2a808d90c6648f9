namespace Cloudlet.Errors;

/// <summary>What kind of trouble an operation met; decides whether trying again can help.</summary>
public enum ErrorKind
{
    /// <summary>Nothing else fits: a defect of ours or an answer that no documentation names.</summary>
    Unexpected,

    /// <summary>What the user described or typed is wrong; only they can mend it.</summary>
    InvalidInput,

    /// <summary>The thing asked for is not there (ENOENT, ENODEV, no such unit, no such package).</summary>
    NotFound,

    /// <summary>Something of that name is there already (EEXIST).</summary>
    AlreadyExists,

    /// <summary>The kernel or a service refused for want of privilege (EPERM, EACCES).</summary>
    PermissionDenied,

    /// <summary>The running kernel has no driver for the link kind (EOPNOTSUPP, "Unknown device type").</summary>
    DriverMissing,

    /// <summary>The resource is held by somebody else right now (EBUSY, a lock).</summary>
    Busy,

    /// <summary>A call or a dump was cut short and gives a fresh answer when repeated (EINTR, NLM_F_DUMP_INTR).</summary>
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

    /// <summary>This host or this version lacks the ability asked for.</summary>
    Unsupported,

    /// <summary>A helper program ended with a failure of its own.</summary>
    ProcessFailed,
}

/// <summary>
/// The one exception that rooms throw on purpose. The message says what was tried, what was seen and what to do next;
/// <see cref="Kind"/> is what code decides on, never the text.
/// </summary>
public sealed class CloudletException : Exception
{
    /// <summary>Creates an error of <paramref name="kind"/>.</summary>
    /// <param name="kind">The class of trouble.</param>
    /// <param name="message">What was tried, what was seen, what to do next.</param>
    /// <param name="inner">The cause, when there is one: it is never dropped.</param>
    public CloudletException(ErrorKind kind, string message, Exception? inner = null)
        : base(message, inner) => Kind = kind;

    /// <summary>The class of trouble.</summary>
    public ErrorKind Kind { get; }

    /// <summary>True when the same call may succeed later without anybody mending anything.</summary>
    public bool CanRetry => Kind is ErrorKind.Busy or ErrorKind.Interrupted or ErrorKind.Overrun or ErrorKind.Timeout or ErrorKind.Unreachable;
}
