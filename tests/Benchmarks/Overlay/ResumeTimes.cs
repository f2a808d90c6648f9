using System.Diagnostics;
using Cloudlet.Benchmarks.Common;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Store;
using Cloudlet.Synthesis.Vms;

namespace Cloudlet.Benchmarks.Overlay;

/// <summary>How soon a VM runs.</summary>
/// <param name="MemoryMiB">Its memory.</param>
/// <param name="Resumed">Seconds from the call to a guest that runs, within a process that has done it before.</param>
/// <param name="Bare">Seconds from the start of a QEMU with the same machine and memory, and no guest, to its first word on its control socket.</param>
internal sealed record ResumeFigures(int MemoryMiB, Samples Resumed, Samples Bare);

/// <summary>Resumes VMs of several sizes, beside a QEMU that does nothing.</summary>
internal sealed class ResumeTimes(RuntimeStore store, string folder, Lines progress)
{
    private static readonly int[] s_sizes = [64, 256, 1024, 2048];

    /// <summary>Runs both in turns.</summary>
    public async Task<IReadOnlyList<ResumeFigures>> RunAsync(string image, int runs, CancellationToken ct)
    {
        var figures = new List<ResumeFigures>();
        foreach (var size in s_sizes)
        {
            progress.Report($"resume: {size} MiB");
            var baseVm = await BaseAsync(image, size, ct);
            var (resumed, bare) = (new List<double>(), new List<double>());
            for (var i = 0; i <= runs; i++)
            {
                var (one, other) = (await ResumeAsync(baseVm, ct), await BareAsync(size, ct));
                if (i == 0)
                    continue; // the first of each loads and compiles
                resumed.Add(one);
                bare.Add(other);
            }

            figures.Add(new ResumeFigures(size, new Samples(resumed), new Samples(bare)));
        }

        return figures;
    }

    /// <summary>Sealed while the guest boots: what runs in it does not matter here, and Debian does not fit into the smallest.</summary>
    private async Task<BaseVm> BaseAsync(string image, int size, CancellationToken ct)
    {
        var name = $"resume-{size}";
        var run = await MeasuredProcess.RunAsync(Published.Program(), ["base", "create", image, "--name", name, "--memory", $"{size}M", "--until", "time:3", "--store", store.Folder], null, ct);
        return run.ExitCode == 0 ? new BaseCatalog(store).Get(name) : throw new CloudletException(ErrorKind.ProcessFailed, run.Error);
    }

    private async Task<double> ResumeAsync(BaseVm baseVm, CancellationToken ct)
    {
        var watch = Stopwatch.StartNew();
        var vm = await new VmStarter(store).StartAsync(new VmStart { Base = baseVm }, progress, ct);
        var seconds = watch.Elapsed.TotalSeconds;
        await new VmStopper(store).StopAsync(vm.Id, force: true, remove: true, TimeSpan.FromSeconds(5), progress, ct);
        return seconds;
    }

    private async Task<double> BareAsync(int size, CancellationToken ct)
    {
        var watch = Stopwatch.StartNew();
        using var qemu = Process.Start(new ProcessStartInfo("qemu-system-x86_64", ["-machine", "q35", "-accel", "tcg", "-m", $"{size}", "-nodefaults", "-no-user-config", "-display", "none", "-S", "-qmp", "stdio"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
            WorkingDirectory = folder,
        })!;
        await qemu.StandardOutput.ReadLineAsync(ct);
        var seconds = watch.Elapsed.TotalSeconds;
        await qemu.StandardInput.WriteLineAsync("{\"execute\":\"qmp_capabilities\"}{\"execute\":\"quit\"}");
        await qemu.WaitForExitAsync(ct);
        return seconds;
    }
}
