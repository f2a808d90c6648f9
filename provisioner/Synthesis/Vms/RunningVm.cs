using System.Diagnostics;
using System.Net.Sockets;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Qemu;

namespace Cloudlet.Synthesis.Vms;

/// <summary>How a VM is.</summary>
public enum VmState
{
    /// <summary>Its guest runs.</summary>
    Running,

    /// <summary>Its guest stands still: somebody paused it.</summary>
    Paused,

    /// <summary>Its guest stands still because QEMU could not write its disk: the store's file system was full, or is broken.</summary>
    Stalled,

    /// <summary>Its process has ended; its folder is still there.</summary>
    Dead,
}

/// <summary>A VM of a store, running or not. Found by its record; holds nothing open.</summary>
public sealed class RunningVm
{
    internal const string DiskFile = "disk.qcow2", LockFile = "lock";

    private static readonly TimeSpan s_connectLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_stateLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_quitLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_agentLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_agentPause = TimeSpan.FromMilliseconds(50);

    internal RunningVm(VmRecord record, string folder) => (Record, Folder) = (record, folder);

    /// <summary>What is written down about it.</summary>
    public VmRecord Record { get; }

    /// <summary>Its files.</summary>
    public string Folder { get; }

    /// <summary>Its id.</summary>
    public string Id => Record.Id;

    /// <summary>What people call it, or null.</summary>
    public string? Name => Record.Name;

    /// <summary>What a message calls it.</summary>
    public string Label => Name ?? Id;

    /// <summary>The base that it builds on.</summary>
    public string BaseId => Record.BaseId;

    /// <summary>True while its process runs. Its guest may stand still.</summary>
    public bool IsAlive => Record.Process.IsAlive;

    /// <summary>How it is, as QEMU says. While another command talks to QEMU, which may take seconds when an overlay is cut, it counts as running.</summary>
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

    /// <summary>Lets a guest go on that stands still; what QEMU could not write is written now. NotFound when its process has ended, Busy when another command works on it.</summary>
    public async Task ContinueAsync(CancellationToken ct)
    {
        using var alone = Lock();
        await using var control = await ControlAsync(ct);
        await control.ExecuteAsync("cont", ct);
    }

    /// <summary>What the guest has written, qcow2 above the base's disk.</summary>
    public string DiskPath => Path.Combine(Folder, DiskFile);

    /// <summary>What the guest wrote to its serial port since it was started here.</summary>
    public string ConsoleLog => Path.Combine(Folder, QemuArguments.ConsoleLog);

    /// <summary>The last lines that QEMU itself wrote.</summary>
    public string LastWords(int lines) => LogTail.Of(Path.Combine(Folder, QemuProcess.Log), lines);

    /// <summary>The last lines that the guest wrote to its serial port.</summary>
    public string ConsoleTail(int lines) => LogTail.Of(ConsoleLog, lines);

    /// <summary>A connection to its serial port. One client at a time is served.</summary>
    public Task<Socket> OpenConsoleAsync(CancellationToken ct) => ConnectAsync(QemuArguments.ConsoleSocket, ct);

    /// <summary>Keeps other commands from changing this VM until disposed; Busy when one does.</summary>
    internal FileStream Lock()
    {
        try
        {
            return new FileStream(Path.Combine(Folder, LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw Directory.Exists(Folder)
                ? new CloudletException(ErrorKind.Busy, $"another command works on VM {Label}: wait for it to end and try again", e)
                : new CloudletException(ErrorKind.NotFound, $"VM {Label} is gone", e);
        }
    }

    internal async Task<QmpClient> ControlAsync(CancellationToken ct) => await QmpClient.OpenAsync(await ConnectAsync(QemuArguments.ControlSocket, ct), ct);

    /// <summary>
    /// False when no program in the guest opens the port of the agent for 3 s: one that has just booted opens it late, and of one that was open when its state was saved QEMU tells a moment after it goes on. While another command
    /// talks to QEMU nobody knows, and it is true.
    /// </summary>
    internal async Task<bool> HasAgentAsync(CancellationToken ct)
    {
        try
        {
            await using var control = await QuickControlAsync(ct);
            for (var watch = Stopwatch.StartNew(); ; await Task.Delay(s_agentPause, ct))
            {
                if ((await control.ExecuteAsync("query-chardev", ct)).Items().Any(d => d.Text("label") == QemuArguments.AgentSocket && d.Says("frontend-open")))
                    return true;
                if (watch.Elapsed > s_agentLimit)
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
        return await LocalSocket.ConnectAsync(Path.Combine(Folder, QemuArguments.Sockets), socket, Record.Process, s_connectLimit, ct);
    }

    /// <summary>For questions that can wait: Busy soon when another command talks to QEMU.</summary>
    private async Task<QmpClient> QuickControlAsync(CancellationToken ct) =>
        await QmpClient.OpenAsync(new NetworkStream(await ConnectAsync(QemuArguments.ControlSocket, ct), ownsSocket: true), s_stateLimit, ct);

    private void RequireAlive()
    {
        if (!IsAlive)
            throw new CloudletException(ErrorKind.NotFound, $"VM {Label} does not run any more: its process {Record.Process.Pid} has ended. QEMU said last: {LastWords(5)}");
    }

    /// <summary>Ends its process: asked first, then by force. What the guest had not written to its disk is lost.</summary>
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

        if (await Record.Process.EndsWithinAsync(s_quitLimit, ct))
            return;
        Record.Process.Kill();
        if (!await Record.Process.EndsWithinAsync(s_quitLimit, ct))
            throw new CloudletException(ErrorKind.Timeout, $"process {Record.Process.Pid} of VM {Label} is still there after SIGKILL: it hangs in the kernel (see /proc/{Record.Process.Pid}/stack)");
    }
}
