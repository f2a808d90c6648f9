using Cloudlet.Lab.Tests.LabHosts;
using Cloudlet.Machine.Processes;

namespace Cloudlet.Guest.Tests.Guests;

/// <summary>The programs that a guest needs in addition to those of the lab.</summary>
internal static class GuestPrograms
{
    public static HelperProgram Qemu { get; } = new("qemu-system-x86_64", "qemu-system-x86", "run a guest");

    public static HelperProgram MakeFileSystem { get; } = new("mke2fs", "e2fsprogs", "make the image of a guest");

    /// <summary>Skips the calling test, or fails it in CI, when guests can't be created here.</summary>
    public static void Require() =>
        LabTesting.RequirePrograms(Qemu, MakeFileSystem, HelperPrograms.Mmdebstrap, HelperPrograms.Ssh, HelperPrograms.SshKeygen);

    /// <summary>Runs a program that must succeed.</summary>
    public static async Task RunAsync(HelperProgram program, TimeSpan limit, params IReadOnlyList<string> arguments)
    {
        var result = await new HostProcesses().RunAsync(program, arguments, limit, CancellationToken.None);
        result.ExitCode.ShouldBe(0, $"{program.Name} {string.Join(' ', arguments)}: {result.Error}");
    }
}
