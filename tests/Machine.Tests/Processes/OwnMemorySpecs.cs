using Cloudlet.Machine.Processes;

namespace Cloudlet.Machine.Tests.Processes;

/// <summary>Only memory that can be read from its file again, byte for byte, is released.</summary>
public sealed class OwnMemorySpecs
{
    [Theory]
    [InlineData("1000-3000 r-xp 00000000 08:01 7 /usr/bin/program", 0, true)]
    [InlineData("1000-3000 r--p 00000000 08:01 7 /usr/lib/library.so", 0, true)]
    [InlineData("1000-3000 r--s 00000000 08:01 7 /usr/bin/program", 0, true)]
    [InlineData("1000-3000 r--p 00000000 08:01 7 /usr/lib/library.so", 4, false)]
    [InlineData("1000-3000 rw-p 00000000 08:01 7 /usr/lib/library.so", 0, false)]
    [InlineData("1000-3000 r-xs 00000000 00:01 7 /memfd:doublemapper (deleted)", 0, false)]
    [InlineData("1000-3000 r--p 00000000 00:00 0", 0, false)]
    [InlineData("1000-3000 r-xp 00000000 00:00 0 [vdso]", 0, false)]
    public void Clean_mappings_of_files_are_released(string mapping, int anonymous, bool isClean)
    {
        string[] smaps = [mapping, "Rss:                   8 kB", $"Anonymous:      {anonymous, 8} kB", "VmFlags: rd ex mr"];

        OwnMemory.Clean(smaps).ShouldBe(isClean ? new List<(nint, nint)> { (0x1000, 0x2000) } : []);
    }

    [Fact]
    public void Releasing_memory_does_no_harm()
    {
        var before = new int[10_000_000];
        before[^1] = 7;

        OwnMemory.Rest();

        before[^1].ShouldBe(7);
        OwnMemory.Clean(File.ReadLines("/proc/self/smaps")).ShouldNotBeEmpty();
    }
}
