using System.Net.Sockets;
using Cloudlet.Errors;
using Cloudlet.Lab.Model;
using Cloudlet.Linux;
using Cloudlet.Machine.Processes;

namespace Cloudlet.Lab.Hosts;

/// <summary>Waits until a container has booted, and reports the result.</summary>
internal sealed class ContainerBoot
{
    /// <summary>Time limit of a boot; an idle machine needs two seconds.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(120);

    private static readonly TimeSpan SshTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly IProcesses _processes;
    private readonly TimeProvider _clock;

    public ContainerBoot(IProcesses processes, TimeProvider clock)
    {
        _processes = processes;
        _clock = clock;
    }

    /// <summary>The container's boot_id, or null while it has no process 1 or no /proc yet.</summary>
    public static string? BootId(ProcessIdentity supervisor)
    {
        if (Container.Leader(supervisor) is not { } leader)
            return null;
        try
        {
            var id = File.ReadAllText($"/proc/{leader.Pid}/root/proc/sys/kernel/random/boot_id").Trim();
            return id == File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim() ? null : id;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>
    /// Waits for a boot other than <paramref name="before"/> to be finished. ProcessFailed when the container ends before, Timeout when it
    /// hangs; both with the end of its console log.
    /// </summary>
    public async Task<LabBootReport> WaitAsync(HostRecord record, Container container, string? before, CancellationToken ct)
    {
        var supervisor = record.Supervisor!;
        var started = _clock.GetTimestamp();
        while (true)
        {
            if (
                BootId(supervisor) is { } id
                && id != before
                && await SystemStateAsync(supervisor, Remaining(started), ct) is { } state
                && BootId(supervisor) == id
            )
            {
                var failed = state == "degraded" ? await FailedUnitsAsync(supervisor, ct) : [];
                return new LabBootReport(id, state, failed, await SshAnswersAsync(record.Address!, ct));
            }

            if (!supervisor.IsAlive)
                throw new CloudletException(
                    ErrorKind.ProcessFailed,
                    $"lab host {record.Spec.Name} ended while it booted (status {container.ExitStatus?.ToString() ?? "unknown"}). "
                        + $"Its console ended with:\n{TextTail.OfFile(container.ConsoleLog, 20)}"
                );
            if (Remaining(started) <= TimeSpan.Zero)
                throw new CloudletException(
                    ErrorKind.Timeout,
                    $"lab host {record.Spec.Name} did not finish booting in {Timeout.TotalSeconds:0} s. "
                        + $"Its console ended with:\n{TextTail.OfFile(container.ConsoleLog, 20)}"
                        + $"Look inside with 'cloudlet lab shell {record.Spec.Name}' (systemctl list-jobs), "
                        + $"or remove it with 'cloudlet lab down {record.Spec.Name}'."
                );
            await Task.Delay(Pause, _clock, ct);
        }
    }

    // Null when the service manager inside does not answer yet.
    private async Task<string?> SystemStateAsync(ProcessIdentity supervisor, TimeSpan patience, CancellationToken ct)
    {
        try
        {
            var state = (await RunAsync(supervisor, ["systemctl", "is-system-running", "--wait"], patience, ct))?.Output.Trim();
            return state is "running" or "degraded" ? state : null;
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.Timeout)
        {
            return null; // the caller's time limit is over, too, and its message says more
        }
    }

    private async Task<IReadOnlyList<string>> FailedUnitsAsync(ProcessIdentity supervisor, CancellationToken ct)
    {
        var result = await RunAsync(supervisor, ["systemctl", "list-units", "--failed", "--plain", "--no-legend"], SshTimeout, ct);
        return result is null ? [] : [.. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ')[0])];
    }

    private async Task<ProcessResult?> RunAsync(
        ProcessIdentity supervisor,
        IReadOnlyList<string> command,
        TimeSpan timeout,
        CancellationToken ct
    ) =>
        Container.Leader(supervisor) is { } leader && timeout > TimeSpan.Zero
            ? await _processes.RunAsync(HelperPrograms.Nsenter, Container.EnterArguments(leader.Pid, command, terminal: null), timeout, ct)
            : null;

    // networkd and ifupdown may still be busy when the service manager is done, and a test may have cut the network on purpose.
    private async Task<bool> SshAnswersAsync(string address, CancellationToken ct)
    {
        var started = _clock.GetTimestamp();
        while (_clock.GetElapsedTime(started) < SshTimeout)
        {
            try
            {
                using var client = new TcpClient(AddressFamily.InterNetwork);
                using var second = CancellationTokenSource.CreateLinkedTokenSource(ct);
                second.CancelAfter(TimeSpan.FromSeconds(1));
                await client.ConnectAsync(address, 22, second.Token);
                return true;
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException && !ct.IsCancellationRequested)
            {
                await Task.Delay(Pause, _clock, ct);
            }
        }

        return false;
    }

    private TimeSpan Remaining(long started) => Timeout - _clock.GetElapsedTime(started);
}
