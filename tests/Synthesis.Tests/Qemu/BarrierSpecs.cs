using System.Diagnostics;
using Cloudlet.Synthesis.Manifests;
using Cloudlet.Synthesis.Qemu;
using Cloudlet.TestKit;

namespace Cloudlet.Synthesis.Tests.Qemu;

/// <summary>
/// How QEMU translates a guest's memory barriers. Without them a driver checks whether its device needs a notification before the device
/// can see the request, and both wait for each other. It takes millions of requests to observe that, so the translation itself is checked.
/// </summary>
public sealed class BarrierSpecs
{
    private const int Sector = 512;

    /// <summary>Both kinds that Linux uses: <c>mfence</c>, and a locked addition to the stack; then <c>cli; hlt</c>.</summary>
    private static readonly byte[] Program = [0x0f, 0xae, 0xf0, 0xf0, 0x66, 0x83, 0x04, 0x24, 0x00, 0xfa, 0xf4];

    [Fact]
    public async Task An_interpreted_guest_with_one_processor_keeps_its_memory_barriers()
    {
        Samples.Require(RuntimeProgram.Qemu);
        using var folder = new TempDir();
        var disk = new byte[Sector];
        Program.CopyTo(disk, 0);
        (disk[^2], disk[^1]) = (0x55, 0xaa);
        await File.WriteAllBytesAsync(folder["disk"], disk, TestContext.Current.CancellationToken);

        var translation = await TranslationAsync(folder);

        translation.ShouldContain("mfence", customMessage: "the program must have been translated");
        translation.ShouldMatch(@"(?m)^ mb \$");
        translation.ShouldMatch(@"(?m)^ call atomic_add");
    }

    /// <summary>The intermediate code of the boot sector, after QEMU has exited.</summary>
    private static async Task<string> TranslationAsync(TempDir folder)
    {
        var log = folder["translation"];
        var arguments = new QemuArguments(Samples.Machine with { Layout = VmDefinition.NewestLayout })
        {
            Name = "barriers",
            MemoryFile = "memory",
            SharesMemory = true,
            Disk = "disk",
        };
        var start = new ProcessStartInfo(
            RuntimeProgram.Qemu.Name,
            [
                "-accel",
                Option("-accel"),
                "-smp",
                Option("-smp"),
                "-machine",
                "pc",
                "-m",
                "64M",
                "-nodefaults",
                "-display",
                "none",
                "-no-reboot",
                "-drive",
                $"file={folder["disk"]},format=raw,if=ide",
                "-d",
                "in_asm,op",
                "-dfilter",
                "0x7c00+0x20",
                "-D",
                log,
            ]
        );
        using var qemu = Process.Start(start)!;
        try
        {
            var watch = Stopwatch.StartNew();
            while (watch.Elapsed < TimeSpan.FromMinutes(2) && !qemu.HasExited && !await SaysAsync(log, "call hlt"))
                await Task.Delay(100, TestContext.Current.CancellationToken);
        }
        finally
        {
            qemu.Kill();
            await qemu.WaitForExitAsync(CancellationToken.None);
        }

        return await File.ReadAllTextAsync(log, TestContext.Current.CancellationToken);

        string Option(string name) => QemuArgumentsSpecs.Options(arguments, name).Single();
    }

    private static async Task<bool> SaysAsync(string log, string words) =>
        File.Exists(log)
        && (await File.ReadAllTextAsync(log, TestContext.Current.CancellationToken)).Contains(words, StringComparison.Ordinal);
}
