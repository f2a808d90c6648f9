using System.Runtime.InteropServices;
using Cloudlet.Errors;
using Cloudlet.Linux;

namespace Cloudlet.Machine.Systemd;

/// <summary>Translates errors of sd-bus and of systemd, whose names are documented in org.freedesktop.systemd1(5).</summary>
internal static class BusErrors
{
    private const int EPIPE = 32;
    private const int ENOTCONN = 107;
    private const int ECONNRESET = 104;
    private const int ESTALE = 116;
    private const int ETIMEDOUT = 110;
    private const int ECONNREFUSED = 111;
    private const string Systemd = "org.freedesktop.systemd1.";
    private const string DBus = "org.freedesktop.DBus.Error.";

    /// <summary>Returns a result; throws for a negative one.</summary>
    public static int Check(int result, string action) => result >= 0 ? result : throw Create(-result, action);

    /// <summary>True when the connection was lost and a new one may work.</summary>
    public static bool IsConnectionLost(int errno) => errno is ENOTCONN or ECONNRESET or EPIPE or ESTALE;

    /// <summary>An error that the library reported by number.</summary>
    public static CloudletException Create(int errno, string action)
    {
        var (kind, advice) = errno switch
        {
            Errno.EACCES or Errno.EPERM => (ErrorKind.PermissionDenied, "Run as root."),
            Errno.ENOENT or ECONNREFUSED => (
                ErrorKind.Unreachable,
                "Is systemd (and for other users than root, dbus) running on this host?"
            ),
            ETIMEDOUT => (ErrorKind.Timeout, "systemd is busy or stuck; look at 'systemctl list-jobs' and run again."),
            _ when IsConnectionLost(errno) => (
                ErrorKind.Interrupted,
                "The connection to systemd broke, perhaps because it re-executed itself; run again."
            ),
            _ => (ErrorKind.Unexpected, "See the journal (journalctl -b -u init.scope)."),
        };
        return new CloudletException(kind, $"Cannot {action}: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno}). {advice}");
    }

    /// <summary>An error that systemd sent by name.</summary>
    public static CloudletException Create(string name, string message, int errno, string action)
    {
        var (kind, advice) = name switch
        {
            Systemd + "NoSuchUnit" or Systemd + "LoadFailed" or DBus + "FileNotFound" or DBus + "UnknownObject" => (
                ErrorKind.NotFound,
                "Check the unit's name and that its file is installed."
            ),
            Systemd + "UnitMasked" => (
                ErrorKind.InvalidInput,
                "An administrator masked the unit; 'systemctl unmask' reverts that if it is wanted again."
            ),
            Systemd + "UnitExists" or DBus + "FileExists" => (
                ErrorKind.AlreadyExists,
                "Something else is in the way: remove it or choose another name."
            ),
            DBus + "InvalidArgs" => (ErrorKind.InvalidInput, "Check the unit's name; it needs a suffix such as .service."),
            DBus + "AccessDenied" or DBus + "InteractiveAuthorizationRequired" => (ErrorKind.PermissionDenied, "Run as root."),
            DBus + "NoReply" or DBus + "Timeout" => (
                ErrorKind.Timeout,
                "systemd is busy or stuck; look at 'systemctl list-jobs' and run again."
            ),
            DBus + "ServiceUnknown" or DBus + "NameHasNoOwner" => (ErrorKind.Unreachable, "systemd is not on the bus of this host."),
            Systemd + "JobTypeNotApplicable" or DBus + "NotSupported" => (ErrorKind.Unsupported, "The unit does not offer this."),
            _ => (Create(errno, action).Kind, $"See 'systemctl status' and the journal ({name})."),
        };
        return new CloudletException(kind, $"Cannot {action}: systemd reported '{message}'. {advice}");
    }
}
