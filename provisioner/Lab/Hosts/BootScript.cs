namespace Cloudlet.Lab.Hosts;

/// <summary>The shell script that supervises a container and restarts it when it reboots.</summary>
internal static class BootScript
{
    /// <summary>
    /// Exit status of systemd-nspawn with --keep-unit when the container has rebooted and should be restarted (EXIT_FORCE_RESTART).
    /// </summary>
    public const int RestartStatus = 133;

    /// <summary>
    /// Arguments: console log, pid file, file for the last exit status, control groups to run in (separated by blanks), then the command.
    /// Each boot joins the control groups again: nspawn creates its groups below the one it starts in, and two containers must not share
    /// them.
    /// </summary>
    public const string Text = """
        exec </dev/null >>"$1" 2>&1
        echo $$ >"$2.new" && mv "$2.new" "$2"
        last=$3 groups=$4
        shift 4
        while :; do
            (
                for group in $groups; do
                    mkdir -p "$group" && echo 0 >"$group/cgroup.procs"
                done
                exec "$@"
            )
            status=$?
            [ "$status" -eq 133 ] || break
        done
        echo "$status" >"$last"
        """;
}
