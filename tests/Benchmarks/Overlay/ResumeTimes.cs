using System.Diagnostics;
using Cloudlet.Benchmarks.Common;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Qemu;
using Cloudlet.Synthesis.Store;
using Cloudlet.Synthesis.Vms;

namespace Cloudlet.Benchmarks.Overlay;

/// <summary>How soon a VM runs.</summary>
/// <param name="MemoryMiB">Its memory.</param>
/// <param name="Resumed">Seconds from the call to a running guest, in a process that has done it before.</param>
/// <param name="Bare">Seconds from the start of a QEMU with the same machine type and memory, but no device and no guest, to its first
/// answer. Its greeting comes earlier, before there is a machine.</param>
/// <param name="FirstOutput">Seconds from the call to the guest's first answer to a key on its console; none where no guest fits into the
/// memory.</param>
/// <param name="Incoming">The same from the start of a QEMU with every device and <c>-incoming</c> of all its memory from a file.</param>
internal sealed record ResumeFigures(int MemoryMiB, Samples Resumed, Samples Bare, Samples FirstOutput, Samples Incoming);

/// <summary>Resumes VMs of several sizes, beside a QEMU without a guest, and beside QEMU's own way.</summary>
internal sealed class ResumeTimes(RuntimeStore store, string folder, Lines progress)
{
    /// <summary>Debian does not fit into less memory.</summary>
    private const int SmallestGuest = 256;

    private static readonly int[] Sizes = [64, 256, 1024, 2048];

    /// <summary>Runs both in turns.</summary>
    public async Task<IReadOnlyList<ResumeFigures>> RunAsync(string image, int runs, CancellationToken ct)
    {
        var figures = new List<ResumeFigures>();
        foreach (var size in Sizes)
        {
            progress.Report($"resume: {size} MiB");
            var baseVm = await BaseAsync(image, size, ct);
            var incoming = size < SmallestGuest ? null : await IncomingStart.PrepareAsync(store, baseVm, progress, ct);
            var (resumed, bare, output, plain) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
            for (var i = 0; i <= runs; i++)
            {
                var ours = await ResumeAsync(baseVm, incoming is not null, ct);
                var other = await BareAsync(size, ct);
                var theirs = incoming is null ? 0 : await incoming.RunAsync(ct);
                if (i == 0)
                    continue; // the first run of each loads and compiles
                resumed.Add(ours.Running);
                bare.Add(other);
                if (incoming is null)
                    continue;
                output.Add(ours.Output);
                plain.Add(theirs);
            }

            figures.Add(new ResumeFigures(size, new Samples(resumed), new Samples(bare), new Samples(output), new Samples(plain)));
        }

        return figures;
    }

    /// <summary>The smallest is sealed while its firmware and kernel start: its content does not matter here.</summary>
    private async Task<BaseVm> BaseAsync(string image, int size, CancellationToken ct)
    {
        var name = $"resume-{size}";
        var run = await MeasuredProcess.RunAsync(
            Published.Program(),
            [
                "base",
                "create",
                image,
                "--name",
                name,
                "--memory",
                $"{size}M",
                "--until",
                size < SmallestGuest ? "time:3" : "serial:cloudlet guest is ready",
                "--store",
                store.Folder,
            ],
            null,
            ct
        );
        return run.ExitCode == 0 ? new BaseCatalog(store).Get(name) : throw new CloudletException(ErrorKind.ProcessFailed, run.Error);
    }

    private async Task<(double Running, double Output)> ResumeAsync(BaseVm baseVm, bool hasGuest, CancellationToken ct)
    {
        var watch = Stopwatch.StartNew();
        var vm = await new VmStarter(store).StartAsync(new VmStartOptions { Base = baseVm }, progress, ct);
        var running = watch.Elapsed.TotalSeconds;
        if (hasGuest)
            await GuestKey.AnsweredAsync(Path.Combine(vm.Folder, QemuArguments.Sockets), vm.Record.Process, vm.ConsoleLog, ct);
        var output = watch.Elapsed.TotalSeconds;
        await new VmStopper(store).StopAsync(vm.Id, force: true, remove: true, TimeSpan.FromSeconds(5), progress, ct);
        return (running, output);
    }

    private async Task<double> BareAsync(int size, CancellationToken ct)
    {
        var watch = Stopwatch.StartNew();
        using var qemu = Process.Start(
            new ProcessStartInfo(
                "qemu-system-x86_64",
                [
                    "-machine",
                    "q35",
                    "-accel",
                    "tcg",
                    "-m",
                    $"{size}",
                    "-nodefaults",
                    "-no-user-config",
                    "-display",
                    "none",
                    "-S",
                    "-qmp",
                    "stdio",
                ]
            )
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                UseShellExecute = false,
                WorkingDirectory = folder,
            }
        )!;
        await qemu.StandardInput.WriteLineAsync("{\"execute\":\"qmp_capabilities\"}{\"execute\":\"query-status\"}");
        for (var i = 0; i < 3; i++)
            await qemu.StandardOutput.ReadLineAsync(ct);
        var seconds = watch.Elapsed.TotalSeconds;
        await qemu.StandardInput.WriteLineAsync("{\"execute\":\"quit\"}");
        await qemu.WaitForExitAsync(ct);
        return seconds;
    }
}
