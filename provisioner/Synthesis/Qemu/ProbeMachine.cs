using Cloudlet.Errors;
using Cloudlet.Synthesis.Manifests;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Qemu;

/// <summary>
/// Runs a machine of a few instructions as VMs are run: as QEMU's user, with the same groups, limits and sandbox, and with the accelerator,
/// machine type and CPU model of a definition. The mere presence of QEMU or a device file proves nothing: the user may not be allowed to
/// open the device, and the kernel may offer fewer features than the processor has, or hang.
/// </summary>
internal static class ProbeMachine
{
    /// <summary>Time limit; it takes some tens of milliseconds on an idle machine.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private const int RomSize = 64 << 10,
        CodeAt = 0xff00,
        ResetAt = 0xfff0;
    private const string RomFile = "rom",
        WordFile = "word",
        Word = "ok";
    private const int WordPort = 0xe9,
        EndPort = 0xf4;

    /// <summary>
    /// Enters protected mode, enables paging, and enters 64-bit mode if the model has it, as a Linux guest does: some nested KVMs fail on
    /// the way. Then writes "ok" and ends QEMU.
    /// </summary>
    private static readonly byte[] Code =
    [
        0xfa, // cli
        0x2e,
        0x66,
        0x0f,
        0x01,
        0x16,
        0x82,
        0xff, // lgdt cs:[table]
        0x0f,
        0x20,
        0xc0,
        0x0c,
        0x01,
        0x0f,
        0x22,
        0xc0, // cr0 |= PE
        0x66,
        0xea,
        0x18,
        0xff,
        0x0f,
        0x00,
        0x08,
        0x00, // jmp 8:0xfff18, 32 bits from here
        0xb8,
        0x10,
        0x00,
        0x00,
        0x00,
        0x8e,
        0xd8, // ds = 16
        0xb8,
        0x01,
        0x00,
        0x00,
        0x80,
        0x0f,
        0xa2,
        0x0f,
        0xba,
        0xe2,
        0x1d,
        0x73,
        0x4b, // cpuid: no long mode, then go to the end
        0xc7,
        0x05,
        0x00,
        0x10,
        0x00,
        0x00,
        0x03,
        0x20,
        0x00,
        0x00, // page tables of the first 2 MiB
        0xc7,
        0x05,
        0x00,
        0x20,
        0x00,
        0x00,
        0x03,
        0x30,
        0x00,
        0x00,
        0xc7,
        0x05,
        0x00,
        0x30,
        0x00,
        0x00,
        0x83,
        0x00,
        0x00,
        0x00,
        0xb8,
        0x00,
        0x10,
        0x00,
        0x00,
        0x0f,
        0x22,
        0xd8, // cr3
        0x0f,
        0x20,
        0xe0,
        0x0c,
        0x20,
        0x0f,
        0x22,
        0xe0, // cr4 |= PAE
        0xb9,
        0x80,
        0x00,
        0x00,
        0xc0,
        0x0f,
        0x32,
        0x80,
        0xcc,
        0x01,
        0x0f,
        0x30, // EFER |= LME
        0x0f,
        0x20,
        0xc0,
        0x0f,
        0xba,
        0xe8,
        0x1f,
        0x0f,
        0x22,
        0xc0, // cr0 |= PG
        0xea,
        0x77,
        0xff,
        0x0f,
        0x00,
        0x18,
        0x00, // jmp 24:0xfff77, 64 bits from here
        0xb0,
        (byte)'o',
        0xe6,
        WordPort,
        0xb0,
        (byte)'k',
        0xe6,
        WordPort,
        0xe6,
        EndPort,
        0xf4, // write the word, exit
        0x1f,
        0x00,
        0x88,
        0xff,
        0x0f,
        0x00, // table: 32 bytes at 0xfff88
        0x00,
        0x00,
        0x00,
        0x00,
        0x00,
        0x00,
        0x00,
        0x00,
        0xff,
        0xff,
        0x00,
        0x00,
        0x00,
        0x9b,
        0xcf,
        0x00, // 8: code, 32 bits
        0xff,
        0xff,
        0x00,
        0x00,
        0x00,
        0x93,
        0xcf,
        0x00, // 16: data
        0xff,
        0xff,
        0x00,
        0x00,
        0x00,
        0x9b,
        0xaf,
        0x00, // 24: code, 64 bits
    ];

    /// <summary>The reset vector: jmp to the code.</summary>
    private static readonly byte[] Reset = [0xe9, unchecked((byte)(CodeAt - ResetAt - 3)), 0xff];

    /// <summary>Runs the machine; null when it succeeded, else the output or the reason.</summary>
    /// <param name="store">Store for its temporary files.</param>
    /// <param name="qemu">The program.</param>
    /// <param name="definition">The machine to imitate.</param>
    /// <param name="kvmGroup">Group that may use KVM, when it is used.</param>
    /// <param name="limit">QEMU is killed after this time.</param>
    /// <param name="ct">Stops it.</param>
    public static async Task<string?> RunAsync(
        RuntimeStore store,
        string qemu,
        VmDefinition definition,
        uint? kvmGroup,
        TimeSpan limit,
        CancellationToken ct
    )
    {
        using var staged = store.Stage();
        QemuUser.Current.LetPass(staged.Path);
        foreach (var file in (string[])[RomFile, WordFile])
            QemuUser.Current.Create(staged[file]);
        await File.WriteAllBytesAsync(staged[RomFile], Rom(), ct);
        try
        {
            await using var machine = await QemuProcess.StartAsync(qemu, Arguments(definition), staged.Path, kvmGroup, ct);
            if (!await machine.Identity.EndsWithinAsync(limit, ct))
                return $"it did not end within {limit.TotalSeconds:0.#} s and was killed";
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.ProcessFailed)
        {
            // It ended before its identity was read: the word shows the result.
        }

        return await File.ReadAllTextAsync(staged[WordFile], ct) == Word ? null
            : LogTail.Of(staged[QemuProcess.Log], 40) is { Length: > 0 } said ? said
            : "QEMU exited and gave no reason";
    }

    private static IReadOnlyList<string> Arguments(VmDefinition definition) =>
        [
            "-nodefaults",
            "-no-user-config",
            "-display",
            "none",
            "-no-reboot",
            "-name",
            "cloudlet-probe",
            .. new QemuArguments(definition)
            {
                Name = "",
                MemoryFile = "",
                SharesMemory = false,
                Disk = "",
            }.Processor(),
            "-machine",
            definition.Machine,
            "-m",
            "64M",
            "-bios",
            RomFile,
            "-chardev",
            $"file,id=word,path={WordFile}",
            "-device",
            $"isa-debugcon,iobase=0x{WordPort:x},chardev=word",
            "-device",
            $"isa-debug-exit,iobase=0x{EndPort:x},iosize=1",
        ];

    private static byte[] Rom()
    {
        var rom = new byte[RomSize];
        Code.CopyTo(rom, CodeAt);
        Reset.CopyTo(rom, ResetAt);
        return rom;
    }
}
