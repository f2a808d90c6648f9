using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Cloudlet.Errors;
using Cloudlet.Linux;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Qemu;

/// <summary>
/// A QEMU that this process has started: without privileges, in a new session, with its messages in a log file. It is killed when this
/// process ends, however it ends, until <see cref="LetGo"/> makes it independent.
/// </summary>
internal sealed class QemuProcess : IAsyncDisposable
{
    /// <summary>Log of QEMU's own messages.</summary>
    public const string Log = "qemu.log";

    /// <summary>
    /// A shell that reads from a pipe and kills QEMU when the kernel closes our end of the pipe because we died. QEMU's process number
    /// can't be reused until then, because only this shell can reap it. Without job control a background job leads no process group, so
    /// setsid does not fork and the job's number is QEMU's.
    /// </summary>
    private const string Keeper = """
        trap : INT TERM HUP
        exec 3<&0 4>&1 >>"$1" 2>&1 </dev/null
        shift
        setsid "$@" 3<&- 4>&- & qemu=$!
        echo "$qemu" >&4
        exec 4>&-
        read -r word <&3
        [ "$word" = keep ] || kill -KILL "$qemu" 2>/dev/null
        """;

    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan QuitLimit = TimeSpan.FromSeconds(10);

    private readonly Process _keeper;
    private readonly string _folder;
    private bool _isFree;

    private QemuProcess(Process keeper, ProcessIdentity identity, string folder) =>
        (_keeper, Identity, _folder) = (keeper, identity, folder);

    /// <summary>QEMU's process.</summary>
    public ProcessIdentity Identity { get; }

    /// <summary>Starts QEMU in a prepared folder. ProcessFailed, with its messages, when it exits at once.</summary>
    /// <param name="qemu">The program.</param>
    /// <param name="arguments">Its command line.</param>
    /// <param name="folder">Its working folder.</param>
    /// <param name="kvmGroup">Group that may use KVM, when it is used.</param>
    /// <param name="ct">Stops it.</param>
    public static Task<QemuProcess> StartAsync(string qemu, QemuArguments arguments, string folder, uint? kvmGroup, CancellationToken ct) =>
        StartAsync(qemu, arguments.ToList(), folder, kvmGroup, ct);

    /// <inheritdoc cref="StartAsync(string, QemuArguments, string, uint?, CancellationToken)"/>
    public static async Task<QemuProcess> StartAsync(
        string qemu,
        IReadOnlyList<string> arguments,
        string folder,
        uint? kvmGroup,
        CancellationToken ct
    )
    {
        foreach (var needed in (RuntimeProgram[])[RuntimeProgram.Setpriv, RuntimeProgram.Prlimit, RuntimeProgram.Setsid])
            _ = needed.Find();
        var start = new ProcessStartInfo(
            "/bin/sh",
            ["-c", Keeper, "keeper", Log, "prlimit", "--core=0", .. QemuUser.Current.Prefix(kvmGroup), qemu, .. arguments]
        )
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
            WorkingDirectory = folder,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin";
        start.Environment["LC_ALL"] = "C";
        var keeper =
            Process.Start(start) ?? throw new CloudletException(ErrorKind.ProcessFailed, "can't start QEMU: /bin/sh could not be started");
        var line = await keeper.StandardOutput.ReadLineAsync(ct);
        if (int.TryParse(line, CultureInfo.InvariantCulture, out var pid) && ProcessIdentity.Of(pid) is { } identity)
            return new QemuProcess(keeper, identity, folder);
        keeper.Dispose();
        throw new CloudletException(ErrorKind.ProcessFailed, $"QEMU could not be started: {LogTail.Of(Path.Combine(folder, Log), 10)}");
    }

    /// <summary>Connects to its control socket once it listens. ProcessFailed, with its messages, when it has exited.</summary>
    public async Task<QmpClient> ControlAsync(CancellationToken ct)
    {
        try
        {
            return await QmpClient.OpenAsync(await ConnectAsync(QemuArguments.ControlSocket, ct), ct);
        }
        catch (CloudletException e) when (!Identity.IsAlive)
        {
            throw Explain("QEMU exited before the guest ran", e);
        }
    }

    /// <summary>Connects to one of its sockets.</summary>
    public Task<Socket> ConnectAsync(string socket, CancellationToken ct) =>
        LocalSocket.ConnectAsync(Path.Combine(_folder, QemuArguments.Sockets), socket, Identity, ConnectLimit, ct);

    /// <summary>Makes it independent of this process.</summary>
    public void LetGo()
    {
        _keeper.StandardInput.Write("keep\n");
        _keeper.StandardInput.Flush();
        _isFree = true;
    }

    /// <summary>Ends it cleanly: its files are complete and closed.</summary>
    public async Task QuitAsync(QmpClient control, CancellationToken ct)
    {
        await control.ExecuteAsync("quit", ct);
        if (!await Identity.EndsWithinAsync(QuitLimit, ct))
            throw new CloudletException(
                ErrorKind.Timeout,
                $"QEMU (process {Identity.Pid}) did not exit within {QuitLimit.TotalSeconds:0} s after it was told to"
            );
    }

    /// <summary>An error with the end of QEMU's log.</summary>
    public CloudletException Explain(string what, Exception? cause = null) =>
        new(ErrorKind.ProcessFailed, $"{what}. {LogTail.Of(Path.Combine(_folder, Log), 10)}", cause);

    /// <summary>Kills it, unless it was made independent.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_isFree)
            Identity.Kill();
        _keeper.StandardInput.Close();
        await _keeper.WaitForExitAsync();
        _keeper.Dispose();
    }
}
