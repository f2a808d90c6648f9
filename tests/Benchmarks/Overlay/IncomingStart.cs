using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Cloudlet.Errors;
using Cloudlet.Linux;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Qemu;
using Cloudlet.Synthesis.Store;
using Cloudlet.Synthesis.Vms;

namespace Cloudlet.Benchmarks.Overlay;

/// <summary>QEMU's own way to a running guest: the same machine, its whole state loaded from a migration stream in a file.</summary>
internal sealed class IncomingStart
{
    private const string State = "state",
        Empty = "empty.qcow2";

    private static readonly TimeSpan SaveLimit = TimeSpan.FromMinutes(2);

    private readonly string _folder;
    private readonly List<string> _arguments;

    private IncomingStart(string folder, List<string> arguments) => (_folder, _arguments) = (folder, arguments);

    /// <summary>
    /// Saves the state of a VM of a base, right after it was resumed, with QEMU's own means. The VM keeps running: the stream of a paused
    /// VM would be loaded paused.
    /// </summary>
    public static async Task<IncomingStart> PrepareAsync(
        RuntimeStore store,
        BaseVm baseVm,
        IProgress<string> progress,
        CancellationToken ct
    )
    {
        // At the same depth below the store as VMs, so that relative paths to the base are the same.
        var folder = Directory.CreateDirectory(Path.Combine(store.Folder, "incoming", baseVm.ShortId)).FullName;
        var vm = await new VmStarter(store).StartAsync(new VmStartOptions { Base = baseVm }, progress, ct);
        await using (var control = await vm.ControlAsync(ct))
            await SaveAsync(vm, control, Path.Combine(folder, State), ct);

        await new VmStopper(store).StopAsync(vm.Id, force: true, remove: false, TimeSpan.FromSeconds(5), progress, ct);
        File.Copy(vm.DiskPath, Path.Combine(folder, Empty));
        await new VmStopper(store).StopAsync(vm.Id, force: true, remove: true, TimeSpan.FromSeconds(5), progress, ct);
        return new IncomingStart(folder, Arguments(baseVm));
    }

    /// <summary>Seconds from QEMU's start to the guest's first answer to a key.</summary>
    public async Task<double> RunAsync(CancellationToken ct)
    {
        var (sockets, log) = (Path.Combine(_folder, QemuArguments.Sockets), Path.Combine(_folder, QemuArguments.ConsoleLog));
        Directory.CreateDirectory(sockets);
        File.Copy(Path.Combine(_folder, Empty), Path.Combine(_folder, RunningVm.DiskFile), overwrite: true);
        File.Delete(log);
        var watch = Stopwatch.StartNew();
        using var qemu = Process.Start(
            new ProcessStartInfo("qemu-system-x86_64", _arguments) { UseShellExecute = false, WorkingDirectory = _folder }
        )!;
        try
        {
            await GuestKey.AnsweredAsync(sockets, ProcessIdentity.Of(qemu.Id)!, log, ct);
            return watch.Elapsed.TotalSeconds;
        }
        finally
        {
            qemu.Kill();
            await qemu.WaitForExitAsync(CancellationToken.None);
            Directory.Delete(sockets, recursive: true);
        }
    }

    /// <summary>Our arguments, but with private memory and no sandbox, which would forbid the program that reads the file.</summary>
    private static List<string> Arguments(BaseVm baseVm)
    {
        var definition = baseVm.Manifest.Definition!;
        List<string> arguments =
        [
            .. new QemuArguments(definition)
            {
                Name = "incoming",
                MemoryFile = "none",
                SharesMemory = false,
                Disk = VmStarter.Below(baseVm, BaseVm.DiskFile),
                DiskLayer = RunningVm.DiskFile,
                WaitsForState = true,
            }.ToList(),
        ];
        arguments[Array.FindIndex([.. arguments], a => a.StartsWith("memory-backend-file", StringComparison.Ordinal))] = string.Create(
            CultureInfo.InvariantCulture,
            $"memory-backend-ram,id=ram,size={definition.MemoryBytes}"
        );
        arguments[arguments.IndexOf("-incoming") + 1] = $"exec:cat {State}";
        arguments.Remove("-S");
        arguments.RemoveRange(arguments.IndexOf("-sandbox"), 2);
        return arguments;
    }

    private static async Task SaveAsync(RunningVm vm, QmpClient control, string path, CancellationToken ct)
    {
        const string Name = "saved";
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var socket = Path.Combine(vm.Folder, QemuArguments.Sockets, Name);
        listener.Bind(new UnixDomainSocketEndPoint(socket));
        File.SetUnixFileMode(socket, (UnixFileMode)0b110_110_110);
        listener.Listen();
        await control.ExecuteAsync("migrate", json => json.WriteString("uri", $"unix:{QemuArguments.Sockets}/{Name}"), ct);
        using var taken = await listener.AcceptAsync(ct);
        await using (var stream = new NetworkStream(taken))
        await using (var file = File.Create(path))
            await stream.CopyToAsync(file, ct);
        for (
            var watch = Stopwatch.StartNew();
            (await control.ExecuteAsync("query-migrate", ct)).GetProperty("status").GetString() != "completed";
            await Task.Delay(20, ct)
        )
            if (watch.Elapsed > SaveLimit)
                throw new CloudletException(ErrorKind.Timeout, "QEMU did not save its state");
    }
}

/// <summary>A key on a guest's console.</summary>
internal static class GuestKey
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>Presses a key until the guest writes something. Cancelled when it writes nothing for long.</summary>
    /// <param name="sockets">Folder of QEMU's sockets.</param>
    /// <param name="qemu">QEMU.</param>
    /// <param name="log">File with the guest's output, empty so far.</param>
    /// <param name="ct">Cancels the operation.</param>
    public static async Task AnsweredAsync(string sockets, ProcessIdentity qemu, string log, CancellationToken ct)
    {
        using var console = await LocalSocket.ConnectAsync(sockets, QemuArguments.ConsoleSocket, qemu, Limit, ct);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Limit);
        for (; new FileInfo(log) is not { Exists: true, Length: > 0 }; await Task.Delay(5, limit.Token))
            await console.SendAsync("\n"u8.ToArray(), limit.Token);
    }
}
