using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Cloudlet.Linux;
using Cloudlet.TestKit;

namespace Cloudlet.Machine.Tests.Files;

/// <summary>Flags that differ between architectures: no test on one machine detects a wrong value of another.</summary>
public sealed partial class OpenFlagsSpecs
{
    private const int ENOTDIR = 20,
        ELOOP = 40;

    /// <summary>From the kernel's arch/*/include/uapi/asm/fcntl.h and include/uapi/asm-generic/fcntl.h.</summary>
    [Theory]
    [InlineData(Architecture.X64, 0x10000, 0x20000)]
    [InlineData(Architecture.Arm64, 0x4000, 0x8000)]
    [InlineData(Architecture.Arm, 0x4000, 0x8000)]
    [InlineData(Architecture.Ppc64le, 0x4000, 0x8000)]
    [InlineData(Architecture.RiscV64, 0x10000, 0x20000)]
    [InlineData(Architecture.S390x, 0x10000, 0x20000)]
    public void Every_architecture_has_its_own(Architecture architecture, int directory, int noFollow) =>
        OpenFlags.Of(architecture).ShouldBe(new OpenFlags(directory, noFollow));

    [Fact]
    public void Flags_of_an_unknown_architecture_are_not_guessed() =>
        Should.Throw<PlatformNotSupportedException>(() => OpenFlags.Of(Architecture.Wasm));

    [Fact]
    public void The_kernel_of_this_machine_interprets_them_as_intended()
    {
        using var folder = new TempDir();
        File.CreateSymbolicLink(folder["link"], folder.Write("file", "x"));
        FileCalls.Open(folder["file"], FileCalls.O_RDONLY | FileCalls.O_DIRECTORY).IsInvalid.ShouldBeTrue();
        Marshal.GetLastPInvokeError().ShouldBe(ENOTDIR);
        FileCalls.Open(folder["link"], FileCalls.O_RDONLY | FileCalls.O_NOFOLLOW).IsInvalid.ShouldBeTrue();
        Marshal.GetLastPInvokeError().ShouldBe(ELOOP);
    }

    /// <summary>Flags that differ may appear as numbers in one file only.</summary>
    [Fact]
    public void No_other_file_has_one_of_them_as_a_number()
    {
        var found = new[] { "provisioner", "healthd", "infra", "compat" }
            .SelectMany(room => Directory.EnumerateFiles(Path.Join(RepositoryFolder.Path, room), "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && Path.GetFileName(file) != "OpenFlags.cs")
            .SelectMany(file => File.ReadLines(file).Where(line => Number().IsMatch(line)).Select(line => $"{file}: {line.Trim()}"));
        found.ShouldBeEmpty();
        Number().IsMatch("    private const int Folder = 0x10000 | 0x80000; // O_DIRECTORY | O_CLOEXEC").ShouldBeTrue();
        Number().IsMatch("    internal const int O_DIRECTORY = 0x10000;").ShouldBeTrue();
    }

    [GeneratedRegex(
        @"O_(DIRECTORY|NOFOLLOW|DIRECT|LARGEFILE|TMPFILE)\b *= *(0x)?[0-9]"
            + @"|= *(0x)?[0-9].*//.*\bO_(DIRECTORY|NOFOLLOW|DIRECT|LARGEFILE|TMPFILE) *[|,]",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex Number();
}
