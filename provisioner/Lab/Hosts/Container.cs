using System.Globalization;
using Cloudlet.Errors;
using Cloudlet.Lab.Model;
using Cloudlet.Lab.Native;
using Cloudlet.Linux;
using Cloudlet.Machine.Processes;

namespace Cloudlet.Lab.Hosts;

/// <summary>Starts, finds and kills the processes of one container.</summary>
internal sealed class Container
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan KillTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(30);

    private readonly LabStore _store;
    private readonly string _name;
    private readonly IProcesses _processes;
    private readonly TimeProvider _clock;

    public Container(LabStore store, string name, IProcesses processes, TimeProvider clock)
    {
        _store = store;
        _name = name;
        _processes = processes;
        _clock = clock;
        Root = new HostRoot(store.HostFolder(name));
    }

    /// <summary>The root file system.</summary>
    public HostRoot Root { get; }

    /// <summary>Console output of the container, of all boots.</summary>
    public string ConsoleLog => InFolder("console.log");

    private string PidFile => InFolder("supervisor.pid");

    private string ScriptFile => InFolder("boot.sh");

    private string StatusFile => InFolder("exit-status");

    private string MachineName => _store.MachineName(_name);

    /// <summary>The host's end of the management link, as nspawn names it for --network-bridge.</summary>
    public string PortName => $"vb-{MachineName}";

    /// <summary>Exit status of a container that ended by itself (0: powered off), or null.</summary>
    public int? ExitStatus =>
        File.Exists(StatusFile) && int.TryParse(File.ReadAllText(StatusFile), CultureInfo.InvariantCulture, out var status) ? status : null;

    /// <summary>Starts the container in a new session and returns its supervisor.</summary>
    public async Task<ProcessIdentity> StartAsync(CancellationToken ct)
    {
        // Checked here, where a missing program gives an error with its package; errors of the script only go to the console log.
        await _processes.RunAsync(HelperPrograms.SystemdNspawn, ["--version"], StartTimeout, ct);
        File.Delete(PidFile);
        File.Delete(StatusFile);
        var unit = RunsSystemd ? $"cloudlet-lab-{MachineName}-{_clock.GetUtcNow().ToUnixTimeMilliseconds():x}.service" : null;
        var groups = ControlGroups.For(MachineName, unit, MountTable.Read());
        // A file, not an argument of sh -c: systemd-run would expand the script's dollar signs.
        await File.WriteAllTextAsync(ScriptFile, BootScript.Text, ct);
        string[] script = [ScriptFile, ConsoleLog, PidFile, StatusFile, string.Join(' ', groups), .. NspawnCommand()];
        var result = unit is null
            ? await _processes.RunAsync(HelperPrograms.Setsid, ["--fork", HelperPrograms.Sh.Name, .. script], StartTimeout, ct)
            : await _processes.RunAsync(
                HelperPrograms.SystemdRun,
                [
                    "--quiet",
                    "--collect",
                    $"--unit={unit}",
                    "--property=Delegate=yes",
                    "--property=KillMode=mixed",
                    HelperPrograms.Sh.Name,
                    .. script,
                ],
                StartTimeout,
                ct
            );
        if (result.ExitCode != 0)
            throw new CloudletException(
                ErrorKind.ProcessFailed,
                $"lab host {_name} could not be started (exit code {result.ExitCode}): {result.Error.Trim()}"
            );
        return await SupervisorAsync(ct);
    }

    /// <summary>The container's process 1, in this machine's numbering, or null while there is none. It changes at each reboot.</summary>
    public static ProcessIdentity? Leader(ProcessIdentity supervisor)
    {
        if (!supervisor.IsAlive)
            return null;
        foreach (var nspawn in ProcessTable.Children(supervisor.Pid))
        foreach (var child in ProcessTable.Children(nspawn.Pid))
            if (ProcessTable.IsNamespaceInit(child.Pid))
                return child;
        return null;
    }

    /// <summary>Arguments of nsenter that run <paramref name="command"/> in the container like a new login of root.</summary>
    public static IReadOnlyList<string> EnterArguments(int leader, IReadOnlyList<string> command, string? terminal) =>
        [
            $"--target={leader}",
            "--mount",
            "--uts",
            "--ipc",
            "--net",
            "--pid",
            "--root",
            "--",
            "/usr/bin/env",
            "-i",
            "-C",
            "/root",
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME=/root",
            "USER=root",
            "LOGNAME=root",
            "LANG=C.UTF-8",
            .. terminal is null ? Array.Empty<string>() : [$"TERM={terminal}"],
            .. command,
        ];

    /// <summary>Kills every process of the container, even if its supervisor was killed before, and waits until all have ended.</summary>
    public async Task KillAsync(ProcessIdentity? supervisor, CancellationToken ct)
    {
        var started = _clock.GetTimestamp();
        while (true)
        {
            var living = Living(supervisor);
            if (living.Count == 0)
                return;
            foreach (var process in living)
                ProcessTable.Kill(process);
            if (_clock.GetElapsedTime(started) > KillTimeout)
                throw new CloudletException(
                    ErrorKind.Timeout,
                    $"processes {string.Join(", ", living.Select(p => p.Pid))} of lab host {_name} still exist "
                        + $"{KillTimeout.TotalSeconds:0} s after SIGKILL: "
                        + "they hang in the kernel (see /proc/PID/stack); try again when they have ended."
                );
            await Task.Delay(Pause, _clock, ct);
        }
    }

    /// <summary>
    /// Removes leftovers of a killed nspawn: control groups, its lock and its mount tunnel. Call it while the root is still mounted.
    /// </summary>
    public async Task SweepAsync(CancellationToken ct)
    {
        var started = _clock.GetTimestamp();
        var groups = ControlGroups.For(MachineName, null, MountTable.Read());
        while (groups.Any(Directory.Exists) && _clock.GetElapsedTime(started) < KillTimeout)
        {
            foreach (var group in groups)
                ControlGroups.Remove(group);
            if (groups.Any(Directory.Exists))
                await Task.Delay(Pause, _clock, ct);
        }

        const string Nspawn = "/run/systemd/nspawn";
        if (Directory.Exists($"{Nspawn}/propagate/{MachineName}"))
            Directory.Delete($"{Nspawn}/propagate/{MachineName}", recursive: true);
        if (Root.Device is { } device && Directory.Exists($"{Nspawn}/locks"))
            foreach (var lockFile in Directory.EnumerateFiles($"{Nspawn}/locks", $"inode-{device}:*"))
                File.Delete(lockFile);
    }

    private static bool RunsSystemd => Directory.Exists("/run/systemd/system");

    private string[] NspawnCommand() =>
        [
            HelperPrograms.SystemdNspawn.Name,
            "--quiet",
            DirectoryArgument,
            "--boot",
            "--register=no",
            "--keep-unit",
            "--private-users=no",
            $"--network-bridge={_store.Network.Bridge}",
            $"--machine={MachineName}",
            $"--hostname={_name}",
            "--resolv-conf=off",
            "--timezone=off",
            "--link-journal=no",
            "--console=read-only",
        ];

    private string DirectoryArgument => $"--directory={Root.Path}";

    private List<ProcessIdentity> Living(ProcessIdentity? supervisor)
    {
        var living = new List<ProcessIdentity>();
        if (supervisor is { IsAlive: true })
            living.Add(supervisor);
        living.AddRange(ProcessTable.WithArgument(HelperPrograms.Sh.Name, DirectoryArgument));
        foreach (var nspawn in ProcessTable.WithArgument(HelperPrograms.SystemdNspawn.Name, DirectoryArgument))
        {
            living.Add(nspawn);
            living.AddRange(ProcessTable.Children(nspawn.Pid));
        }

        return living;
    }

    private async Task<ProcessIdentity> SupervisorAsync(CancellationToken ct)
    {
        var started = _clock.GetTimestamp();
        while (true)
        {
            if (File.Exists(PidFile))
            {
                var pid = int.Parse(await File.ReadAllTextAsync(PidFile, ct), CultureInfo.InvariantCulture);
                if (ProcessIdentity.Find(pid) is { } supervisor)
                    return supervisor;
            }

            if (ExitStatus is not null || _clock.GetElapsedTime(started) > StartTimeout)
                throw new CloudletException(
                    ErrorKind.ProcessFailed,
                    $"lab host {_name} ended right after its start. Its console ended with:\n{TextTail.OfFile(ConsoleLog, 15)}"
                );
            await Task.Delay(Pause, _clock, ct);
        }
    }

    private string InFolder(string file) => Path.Combine(_store.HostFolder(_name), file);
}
