using System.Runtime.InteropServices;

namespace Cloudlet.Linux;

/// <summary>
/// Flags of open(2) whose numbers depend on the architecture, one line each; they are defined nowhere else. A wrong one may not even fail:
/// arm64's O_DIRECT is x86's O_DIRECTORY.
/// </summary>
/// <param name="Directory">O_DIRECTORY: fails on what is not a folder.</param>
/// <param name="NoFollow">O_NOFOLLOW: fails on a symbolic link.</param>
internal sealed record OpenFlags(int Directory, int NoFollow)
{
    /// <summary>The flags of this machine.</summary>
    public static OpenFlags Here { get; } = Of(RuntimeInformation.ProcessArchitecture);

    /// <summary>
    /// The flags of an architecture, from its fcntl.h in the kernel; the last line is asm-generic's. PlatformNotSupportedException when
    /// they are unknown.
    /// </summary>
    public static OpenFlags Of(Architecture architecture) =>
        architecture switch
        {
            Architecture.Arm or Architecture.Armv6 or Architecture.Arm64 or Architecture.Ppc64le => new(0x4000, 0x8000),
            Architecture.X86 or Architecture.X64 or Architecture.RiscV64 or Architecture.LoongArch64 or Architecture.S390x => new(
                0x10000,
                0x20000
            ),
            _ => throw new PlatformNotSupportedException($"the flags of open(2) on {architecture} are unknown"),
        };
}
