namespace Cloudlet.Benchmarks.Converge;

/// <summary>
/// What a no-op apply writes, by strace: every call that creates, changes or removes something, and every message that is not a query.
/// </summary>
internal static class WriteProof
{
    private const string Calls =
        "openat,creat,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,symlinkat,linkat,"
        + "fchmod,fchmodat,fchown,fchownat,ftruncate,mknod,mknodat,bind,sendto,sendmsg";

    private static readonly string[] ChangingMethods =
    [
        "StartUnit",
        "StopUnit",
        "RestartUnit",
        "ReloadUnit",
        "ReloadOrRestart",
        "EnableUnitFiles",
        "DisableUnitFiles",
        "MaskUnitFiles",
        "Reload\\0",
        "Subscribe",
    ];

    /// <summary>Command for the host; its output goes to <see cref="Read"/>.</summary>
    public static string Command { get; } =
        $"strace -f -s 512 -o /tmp/trace -e trace={Calls} {string.Join(' ', Contender.Ours.Command)} >/dev/null && cat /tmp/trace && "
        + "rm /tmp/trace";

    /// <summary>The relevant calls, one per line, each with its kind.</summary>
    public static IReadOnlyList<string> Read(string trace) =>
        [
            .. trace
                .Split('\n')
                .Select(Judge)
                .OfType<string>()
                .GroupBy(s => s)
                .Select(g => g.Count() > 1 ? $"{g.Key} ({g.Count()} times)" : g.Key),
        ];

    private static string? Judge(string line)
    {
        var call = line.TrimStart("0123456789 ".ToCharArray());
        if (!call.Contains('(') || call.Contains(" = -1 "))
            return null;
        return call[..call.IndexOf('(')] switch
        {
            "sendto" or "sendmsg" => Message(call),
            "openat" when !call.Contains("O_WRONLY") && !call.Contains("O_RDWR") && !call.Contains("O_CREAT") => null,
            "openat" when call.Contains("/comm\"") => "thread names in /proc",
            "bind" when call.Contains("AF_NETLINK") => null,
            "fchmod" or "ftruncate" => $"on a descriptor of the runtime (its socket, its memory file): {Name(call)}",
            _ when call.Contains("/tmp/dotnet-diagnostic-") || call.Contains("/tmp/clr-debug-pipe-") =>
                $".NET runtime's own diagnostics, removed at exit: {Name(call)}",
            _ when call.Contains("/run/cloudlet/lock") => "the lock is opened (a file in memory; nothing is written to it)",
            _ => $"WRITES: {call}",
        };
    }

    private static string? Message(string call)
    {
        if (call.Contains("RTM_NEW") || call.Contains("RTM_DEL") || call.Contains("RTM_SET"))
            return $"WRITES: {call}";
        return ChangingMethods.Any(m => call.Contains(m)) ? $"ASKS SYSTEMD TO CHANGE: {call}" : null;
    }

    private static string Name(string call) => call[..call.IndexOf('(')];
}
