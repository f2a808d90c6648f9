using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Cloudlet.Errors;

namespace Cloudlet.Synthesis.Qemu;

/// <summary>
/// A QEMU that was started here: it runs without privileges, in a session of its own, and says what it has to say into a file. It is killed when this process ends, however it ends, until <see cref="LetGo"/> makes it independent.
/// </summary>
internal sealed class QemuProcess : IAsyncDisposable
{
    /// <summary>What QEMU itself says.</summary>
    public const string Log = "qemu.log";

    /// <summary>
    /// A shell waits at the end of a pipe: the kernel closes ours when we die, and QEMU goes, too. Its number can't belong to another process by then, since only this shell can take its exit status. Without job control
    /// a background job leads no process group, so setsid does not fork, and the job's number is QEMU's.
    /// </summary>
    private const string Keeper =
        """
        trap : INT TERM HUP
        exec 3<&0 4>&1 >>"$1" 2>&1 </dev/null
        shift
        setsid "$@" 3<&- 4>&- & qemu=$!
        echo "$qemu" >&4
        exec 4>&-
        read -r word <&3
        [ "$word" = keep ] || kill -KILL "$qemu"
        """;

    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan QuitLimit = TimeSpan.FromSeconds(10);

    private readonly Process _keeper;
    private readonly string _folder;
    private bool _isFree;

    private QemuProcess(Process keeper, ProcessIdentity identity, string folder) => (_keeper, Identity, _folder) = (keeper, identity, folder);

    /// <summary>QEMU's process.</summary>
    public ProcessIdentity Identity { get; }

    /// <summary>Starts QEMU in a folder that was made ready for it. ProcessFailed, with what it said, when it ends at once.</summary>
    /// <param name="qemu">The program.</param>
    /// <param name="arguments">What to run.</param>
    /// <param name="folder">Where.</param>
    /// <param name="kvmGroup">Group that may use KVM, when it is used.</param>
    /// <param name="ct">Stops it.</param>
    public static async Task<QemuProcess> StartAsync(string qemu, QemuArguments arguments, string folder, uint? kvmGroup, CancellationToken ct)
    {
        foreach (var needed in (RuntimeProgram[])[RuntimeProgram.Setpriv, RuntimeProgram.Prlimit, RuntimeProgram.Setsid])
            _ = needed.Find();
        var start = new ProcessStartInfo("/bin/sh", ["-c", Keeper, "keeper", Log, "prlimit", "--core=0", .. VmUser.Current.Prefix(kvmGroup), qemu, .. arguments.ToList()])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
            WorkingDirectory = folder,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin";
        start.Environment["LC_ALL"] = "C";
        var keeper = Process.Start(start) ?? throw new CloudletException(ErrorKind.ProcessFailed, "started QEMU through /bin/sh: no process came of it");
        var line = await keeper.StandardOutput.ReadLineAsync(ct);
        if (int.TryParse(line, CultureInfo.InvariantCulture, out var pid) && ProcessIdentity.Of(pid) is { } identity)
            return new QemuProcess(keeper, identity, folder);
        keeper.Dispose();
        throw new CloudletException(ErrorKind.ProcessFailed, $"QEMU could not be started: {LogTail.Of(Path.Combine(folder, Log), 10)}");
    }

    /// <summary>Talks to it once it listens. ProcessFailed, with what it said, when it ended instead.</summary>
    public async Task<QmpClient> ControlAsync(CancellationToken ct)
    {
        try
        {
            return await QmpClient.OpenAsync(await ConnectAsync(QemuArguments.ControlSocket, ct), ct);
        }
        catch (CloudletException e) when (!Identity.IsAlive)
        {
            throw Explain("QEMU ended before the guest ran", e);
        }
    }

    /// <summary>Connects to one of its sockets.</summary>
    public Task<Socket> ConnectAsync(string socket, CancellationToken ct) => LocalSocket.ConnectAsync(Path.Combine(_folder, QemuArguments.Sockets), socket, Identity, ConnectLimit, ct);

    /// <summary>From here on it runs for itself.</summary>
    public void LetGo()
    {
        _keeper.StandardInput.Write("keep\n");
        _keeper.StandardInput.Flush();
        _isFree = true;
    }

    /// <summary>Ends it in peace: its files are closed and whole.</summary>
    public async Task QuitAsync(QmpClient control, CancellationToken ct)
    {
        await control.ExecuteAsync("quit", ct);
        if (!await Identity.EndsWithinAsync(QuitLimit, ct))
            throw new CloudletException(ErrorKind.Timeout, $"QEMU (process {Identity.Pid}) did not end within {QuitLimit.TotalSeconds:0} s of being told to");
    }

    /// <summary>An error with what QEMU said last.</summary>
    public CloudletException Explain(string what, Exception? cause = null) =>
        new(ErrorKind.ProcessFailed, $"{what}. {LogTail.Of(Path.Combine(_folder, Log), 10)}", cause);

    /// <summary>Kills it, unless it was let go.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_isFree)
            Identity.Kill();
        _keeper.StandardInput.Close();
        await _keeper.WaitForExitAsync();
        _keeper.Dispose();
    }
}
