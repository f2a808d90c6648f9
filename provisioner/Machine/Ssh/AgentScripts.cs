namespace Cloudlet.Machine.Ssh;

/// <summary>POSIX shell scripts that run on a remote host before our program is installed there.</summary>
internal static class AgentScripts
{
    /// <summary>Exit codes of these scripts for <see cref="AgentInstaller"/>; the agent itself must not use them.</summary>
    public const int NotRoot = 96;

    /// <summary>The agent of this version is missing, or its content does not match its digest.</summary>
    public const int AgentMissing = 97;

    /// <summary>The received file differs from the sent one.</summary>
    public const int TransferDamaged = 98;

    /// <summary>Exit code of a shell for a file that the kernel cannot execute.</summary>
    public const int CannotExecute = 126;

    /// <summary>Folder of the agents on a host.</summary>
    public const string Folder = "/var/lib/cloudlet/agent";

    /// <summary>
    /// Becomes root, with non-interactive sudo if needed, and runs a script: <c>$1</c> is the script, the rest its arguments.
    /// </summary>
    private const string BecomeRoot = """
        [ "$(id -u)" -eq 0 ] && exec sh -c "$@"
        sudo -n true || exit 96
        exec sudo -n sh -c "$@"
        """;

    /// <summary>
    /// Executes the agent below a folder (<c>$1</c>) with the remaining arguments. Its digest (<c>$2</c>) is verified once a boot, and
    /// again when the kernel reports another file, size or time of change: reading it all takes longer than most applies.
    /// </summary>
    private const string CheckAndRun = """
        f=$1/$2/cloudlet v=$1/$2/verified
        now=$(stat -c '%i %s %y %z' "$f" 2>/dev/null && cat /proc/sys/kernel/random/boot_id) || exit 97
        if [ "$(cat "$v" 2>/dev/null)" != "$now" ]; then
          printf '%s  %s\n' "$2" "$f" | sha256sum -c --status || exit 97
          { printf '%s\n' "$now" >"$v.$$" && mv -f "$v.$$" "$v"; } 2>/dev/null
        fi
        shift 2
        exec "$f" "$@"
        """;

    /// <summary>
    /// Receives the agent on standard input, compressed with gzip, which every Debian has; verifies its digest (<c>$2</c>), moves it
    /// atomically into a folder (<c>$1</c>) and removes all but the two versions used last. Safe to run concurrently.
    /// </summary>
    private const string Install = """
        set -eu
        umask 022
        d=$1/$2
        mkdir -p "$d"
        t=$(mktemp "$d/.cloudlet.XXXXXX")
        trap 'rm -f "$t"' EXIT
        trap 'exit 99' HUP INT TERM
        gzip -dc >"$t" || exit 98
        printf '%s  %s\n' "$2" "$t" | sha256sum -c --status || exit 98
        chmod 0755 "$t"
        sync "$t"
        mv -f "$t" "$d/cloudlet"
        touch "$d"
        cd "$1"
        n=0
        for v in $(ls -1t); do
          case $v in *[!0-9a-f]*) continue ;; esac
          [ ${#v} -eq 64 ] || continue
          n=$((n + 1))
          [ $n -le 2 ] || rm -rf "./$v"
        done
        """;

    /// <summary>The remote command that installs the version of <paramref name="digest"/> from its standard input.</summary>
    public static IReadOnlyList<string> InstallCommand(string folder, string digest) =>
        ["sh", "-c", BecomeRoot, "sh", Install, "sh", folder, digest];

    /// <summary>The remote command that runs the version of <paramref name="digest"/> if it is installed and intact.</summary>
    public static IReadOnlyList<string> RunCommand(string folder, string digest, IEnumerable<string> arguments) =>
        ["sh", "-c", BecomeRoot, "sh", CheckAndRun, "sh", folder, digest, .. arguments];
}
