using System.Net.Sockets;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Qemu;

namespace Cloudlet.Synthesis.Vms;

/// <summary>A VM of a store, running or not. Found by its record; holds nothing open.</summary>
public sealed class RunningVm
{
    internal const string DiskFile = "disk.qcow2", LockFile = "lock";

    private static readonly TimeSpan s_connectLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_quitLimit = TimeSpan.FromSeconds(10);

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

    /// <summary>True while its process runs. It may be paused.</summary>
    public bool IsAlive => Record.Process.IsAlive;

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

    internal async Task<Socket> ConnectAsync(string socket, CancellationToken ct)
    {
        RequireAlive();
        return await LocalSocket.ConnectAsync(Path.Combine(Folder, QemuArguments.Sockets), socket, Record.Process, s_connectLimit, ct);
    }

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
