using System.Diagnostics;
using System.Runtime.InteropServices;
using Cloudlet.Errors;
using Cloudlet.Lab.Hosts;
using Cloudlet.Lab.Model;
using Cloudlet.Linux;
using Cloudlet.Machine.Processes;

namespace Cloudlet.Lab;

/// <content>Operations on a running host: commands, reboot, power cut.</content>
public sealed partial class LabHosts
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan PowerOffTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Runs a command in the host, as root in an empty environment and without using the network, and waits. Its exit code is a result, not
    /// an error.
    /// </summary>
    public Task<ProcessResult> ExecAsync(
        string name,
        IReadOnlyList<string> command,
        CancellationToken ct,
        TimeSpan? timeout = null,
        string? input = null
    ) => _processes.RunAsync(HelperPrograms.Nsenter, EnterArguments(name, command, terminal: null), timeout ?? DefaultTimeout, ct, input);

    /// <summary>Runs a command (a login shell when there is none) on the terminal of this process and returns its exit code.</summary>
    public async Task<int> ShellAsync(string name, IReadOnlyList<string> command, CancellationToken ct)
    {
        var arguments = EnterArguments(
            name,
            command is [] ? ["/bin/bash", "-l"] : command,
            Environment.GetEnvironmentVariable("TERM") ?? "dumb"
        );
        // Ctrl-C is for the program in the host; here it must not end the waiting process.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, static c => c.Cancel = true);
        using var quit = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, static c => c.Cancel = true);
        using var process =
            Process.Start(new ProcessStartInfo(HelperPrograms.Nsenter.Name, arguments) { UseShellExecute = false })
            ?? throw new CloudletException(ErrorKind.ProcessFailed, $"{HelperPrograms.Nsenter.Name} could not be started.");
        try
        {
            await process.WaitForExitAsync(ct);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return process.ExitCode;
    }

    /// <summary>The host's current boot id, or null when it is not available yet.</summary>
    public string? BootId(string name) => ContainerRecord(name).Supervisor is { } supervisor ? ContainerBoot.BootId(supervisor) : null;

    /// <summary>
    /// A running container's process 1 in this machine's numbering, which gives access to its namespaces and files in /proc. It changes at
    /// each reboot.
    /// </summary>
    public int Leader(string name) => RunningLeader(ContainerRecord(name)).Pid;

    /// <summary>Reboots a container cleanly and waits until it is up again; only its disk survives. Reports failed units.</summary>
    public async Task<LabBootReport> RebootAsync(string name, CancellationToken ct)
    {
        RequireRoot("reboot");
        var record = ContainerRecord(name);
        var leader = RunningLeader(record);
        var before = ContainerBoot.BootId(record.Supervisor!);
        var result = await SystemctlAsync(leader, "reboot", DefaultTimeout, ct);
        if (result.ExitCode != 0 && ContainerBoot.BootId(record.Supervisor!) == before && !IsStopping(result))
            throw new CloudletException(
                ErrorKind.ProcessFailed,
                $"lab host {name} refused to reboot (exit code {result.ExitCode}): {result.Error.Trim()}"
            );
        return await _boot.WaitAsync(record, ContainerOf(name), before, ct);
    }

    /// <summary>
    /// Kills a container's processes and boots it again. Data that its programs have written survives, because it is in this machine's page
    /// cache.
    /// </summary>
    public async Task<LabBootReport> PowerCutAsync(string name, CancellationToken ct)
    {
        RequireRoot("reboot --power-cut");
        using var exclusive = await _store.LockAsync(_clock, ct);
        var record = ContainerRecord(name);
        RunningLeader(record);
        await ContainerOf(name).KillAsync(record.Supervisor, ct);
        return (await StartContainerAsync(record, isNew: false, ct))!;
    }

    private async Task PowerOffAsync(ProcessIdentity supervisor, CancellationToken ct)
    {
        if (Container.Leader(supervisor) is not { } leader)
            return;
        try
        {
            await SystemctlAsync(leader, "poweroff", PowerOffTimeout, ct);
        }
        catch (CloudletException e) when (e.Kind is ErrorKind.Timeout)
        {
            return; // it hangs; the caller kills it
        }

        var started = _clock.GetTimestamp();
        while (supervisor.IsAlive && _clock.GetElapsedTime(started) < PowerOffTimeout)
            await Task.Delay(Pause, _clock, ct);
    }

    private Task<ProcessResult> SystemctlAsync(ProcessIdentity leader, string verb, TimeSpan timeout, CancellationToken ct) =>
        _processes.RunAsync(HelperPrograms.Nsenter, Container.EnterArguments(leader.Pid, ["systemctl", verb], terminal: null), timeout, ct);

    private IReadOnlyList<string> EnterArguments(string name, IReadOnlyList<string> command, string? terminal)
    {
        RequireRoot("shell");
        var record = _records.Get(name);
        if (record.Spec.Kind == LabHostKind.Container)
            return Container.EnterArguments(RunningLeader(record).Pid, command, terminal);
        if (StateOf(record) != LabHostState.Running)
            throw NotRunning(record);
        return [$"--net={NamespaceHost.PathOf(name)}", "--", .. command];
    }

    private HostRecord ContainerRecord(string name)
    {
        var record = _records.Get(name);
        if (record.Spec.Kind == LabHostKind.Netns)
            throw new CloudletException(
                ErrorKind.Unsupported,
                $"lab host {name} is a network namespace, which can't boot: "
                    + "use a host of --kind container, or 'cloudlet lab down' and 'up' for an empty one."
            );
        return record;
    }

    private ProcessIdentity RunningLeader(HostRecord record) =>
        record.Supervisor is { } supervisor && Container.Leader(supervisor) is { } leader ? leader : throw NotRunning(record);

    private CloudletException NotRunning(HostRecord record) =>
        new(
            ErrorKind.NotFound,
            $"lab host {record.Spec.Name} is not running ({StateOf(record).ToString().ToLowerInvariant()}): start it with 'cloudlet "
                + $"lab up {record.Spec.Name}'"
                + (record.Spec.Kind == LabHostKind.Container ? $"; its console log is {ContainerOf(record.Spec.Name).ConsoleLog}." : ".")
        );

    // The reboot may cut the connection of the command that requested it.
    private static bool IsStopping(ProcessResult result) => result.ExitCode is 137 or 143 or 255;
}
