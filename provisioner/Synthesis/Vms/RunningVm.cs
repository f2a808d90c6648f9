using System.Diagnostics;
using System.Net.Sockets;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Qemu;

namespace Cloudlet.Synthesis.Vms;

/// <summary>State of a VM.</summary>
public enum VmState
{
    /// <summary>The guest runs.</summary>
    Running,

    /// <summary>The guest was paused by a user.</summary>
    Paused,

    /// <summary>QEMU paused the guest because it could not write its disk: the store's file system is full or broken.</summary>
    Stalled,

    /// <summary>QEMU has exited; the folder remains.</summary>
    Dead,
}

/// <summary>A VM of a store, running or not. It keeps no file open.</summary>
public sealed class RunningVm
{
    internal const string DiskFile = "disk.qcow2",
        LockFile = "lock";

    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StateLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan QuitLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AgentLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan AgentPause = TimeSpan.FromMilliseconds(50);

    internal RunningVm(VmRecord record, string folder) => (Record, Folder) = (record, folder);

    /// <summary>Its record.</summary>
    public VmRecord Record { get; }

    /// <summary>Folder of its files.</summary>
    public string Folder { get; }

    /// <summary>Its id.</summary>
    public string Id => Record.Id;

    /// <summary>Its name, or null.</summary>
    public string? Name => Record.Name;

    /// <summary>Its name or id, for messages.</summary>
    public string Label => Name ?? Id;

    /// <summary>Id of its base.</summary>
    public string BaseId => Record.BaseId;

    /// <summary>True while its process runs; the guest may be paused.</summary>
    public bool IsAlive => Record.Process.IsAlive;

    /// <summary>
    /// Its state, as QEMU reports it. While another command is connected to QEMU, for seconds when an overlay is made, it counts as
    /// running.
    /// </summary>
    public async Task<VmState> StateAsync(CancellationToken ct)
    {
        if (!IsAlive)
            return VmState.Dead;
        try
        {
            await using var control = await QuickControlAsync(ct);
            return (await control.ExecuteAsync("query-status", ct)).Text("status") switch
            {
                "io-error" => VmState.Stalled,
                "paused" => VmState.Paused,
                _ => VmState.Running,
            };
        }
        catch (CloudletException)
        {
            return IsAlive ? VmState.Running : VmState.Dead;
        }
    }

    /// <summary>
    /// Resumes a paused or stalled guest; QEMU then retries failed writes. NotFound when its process has ended, Busy when another command
    /// uses it.
    /// </summary>
    public async Task ContinueAsync(CancellationToken ct)
    {
        using var alone = Lock();
        await using var control = await ControlAsync(ct);
        await control.ExecuteAsync("cont", ct);
    }

    /// <summary>
    /// Pauses the guest until <see cref="ContinueAsync"/>. NotFound when its process has ended, Busy when another command uses it.
    /// </summary>
    public async Task PauseAsync(CancellationToken ct)
    {
        using var alone = Lock();
        await using var control = await ControlAsync(ct);
        await control.ExecuteAsync("stop", ct);
    }

    /// <summary>Its disk layer: qcow2 over the base's disk.</summary>
    public string DiskPath => Path.Combine(Folder, DiskFile);

    /// <summary>Log of its serial port since it was started here.</summary>
    public string ConsoleLog => Path.Combine(Folder, QemuArguments.ConsoleLog);

    /// <summary>The last lines that QEMU itself wrote.</summary>
    public string LastWords(int lines) => LogTail.Of(Path.Combine(Folder, QemuProcess.Log), lines);

    /// <summary>The last lines that the guest wrote to its serial port.</summary>
    public string ConsoleTail(int lines) => LogTail.Of(ConsoleLog, lines);

    /// <summary>Connects to its serial port. QEMU serves one client at a time.</summary>
    public Task<Socket> OpenConsoleAsync(CancellationToken ct) => ConnectAsync(QemuArguments.ConsoleSocket, ct);

    /// <summary>Locks this VM against changes by other commands until disposed; Busy when another command holds the lock.</summary>
    internal FileStream Lock()
    {
        try
        {
            return new FileStream(Path.Combine(Folder, LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw Directory.Exists(Folder)
                ? new CloudletException(ErrorKind.Busy, $"another command uses VM {Label}: wait for it to end and try again", e)
                : new CloudletException(ErrorKind.NotFound, $"VM {Label} was removed", e);
        }
    }

    internal async Task<QmpClient> ControlAsync(CancellationToken ct) =>
        await QmpClient.OpenAsync(await ConnectAsync(QemuArguments.ControlSocket, ct), ct);

    /// <summary>
    /// False when no program in the guest opens the agent's port for 3 s. A guest that has just booted opens it late, and QEMU reports a
    /// port that was open when its state was saved only some time after the resume. True while another command is connected to QEMU,
    /// because it is unknown then.
    /// </summary>
    internal async Task<bool> HasAgentAsync(CancellationToken ct)
    {
        try
        {
            await using var control = await QuickControlAsync(ct);
            for (var watch = Stopwatch.StartNew(); ; await Task.Delay(AgentPause, ct))
            {
                if (
                    (await control.ExecuteAsync("query-chardev", ct))
                        .Items()
                        .Any(d => d.Text("label") == QemuArguments.AgentSocket && d.Says("frontend-open"))
                )
                    return true;
                if (watch.Elapsed > AgentLimit)
                    return false;
            }
        }
        catch (CloudletException e) when (e.Kind is ErrorKind.Busy or ErrorKind.Timeout)
        {
            return true;
        }
    }

    internal async Task<Socket> ConnectAsync(string socket, CancellationToken ct)
    {
        RequireAlive();
        return await LocalSocket.ConnectAsync(Path.Combine(Folder, QemuArguments.Sockets), socket, Record.Process, ConnectLimit, ct);
    }

    /// <summary>Connects with a short limit: Busy soon when another command is connected to QEMU.</summary>
    private async Task<QmpClient> QuickControlAsync(CancellationToken ct) =>
        await QmpClient.OpenAsync(new NetworkStream(await ConnectAsync(QemuArguments.ControlSocket, ct), ownsSocket: true), StateLimit, ct);

    private void RequireAlive()
    {
        if (!IsAlive)
            throw new CloudletException(
                ErrorKind.NotFound,
                $"VM {Label} does not run any more: its process {Record.Process.Pid} has ended. End of QEMU's log: {LastWords(5)}"
            );
    }

    /// <summary>Ends its process, by request and then by force. Data that the guest has not written to its disk is lost.</summary>
    internal async Task EndAsync(CancellationToken ct)
    {
        try
        {
            await using var control = await ControlAsync(ct);
            await control.ExecuteAsync("quit", ct);
        }
        catch (CloudletException)
        {
            Record.Process.Kill();
        }

        if (await Record.Process.EndsWithinAsync(QuitLimit, ct))
            return;
        Record.Process.Kill();
        if (!await Record.Process.EndsWithinAsync(QuitLimit, ct))
            throw new CloudletException(
                ErrorKind.Timeout,
                $"process {Record.Process.Pid} of VM {Label} still exists after SIGKILL: it hangs in the kernel (see "
                    + $"/proc/{Record.Process.Pid}/stack)"
            );
    }
}
