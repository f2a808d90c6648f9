using Cloudlet.Errors;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Manifests;
using Cloudlet.Synthesis.Qemu;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Tests;

/// <summary>Sample definitions and bases.</summary>
internal static class Samples
{
    public static VmDefinition Machine { get; } =
        new()
        {
            Layout = 1,
            Machine = "pc-q35-7.2",
            Accelerator = "tcg",
            Cpu = "Westmere,+rdrand",
            Cpus = 1,
            MemoryBytes = 64L << 20,
            QemuVersion = "7.2.22",
        };

    /// <summary>A base with a little content in each part: complete, but not runnable.</summary>
    public static BaseVm Publish(RuntimeStore store, string? name = null, byte content = 1)
    {
        using var staged = store.Stage();
        foreach (
            var (file, length) in new[] { (BaseVm.DiskFile, 8L << 20), (BaseVm.MemoryFile, Machine.MemoryBytes), (BaseVm.DevicesFile, 3L) }
        )
        {
            using var stream = File.Create(staged[file]);
            stream.SetLength(length);
            stream.WriteByte(content);
        }

        return BasePublisher.Publish(store, staged, Machine, name, Silent, CancellationToken.None);
    }

    public static IProgress<string> Silent { get; } = new NoProgress();

    public static void RequireQemuImg()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: the runtime runs QEMU's programs as a separate user");
        Require(RuntimeProgram.QemuImg, RuntimeProgram.Setpriv);
    }

    /// <summary>Skips the calling test where one of the programs is missing.</summary>
    public static void Require(params ReadOnlySpan<RuntimeProgram> programs)
    {
        foreach (var program in programs)
            try
            {
                program.Find();
            }
            catch (CloudletException e)
            {
                Assert.Skip(e.Message);
            }
    }

    private sealed class NoProgress : IProgress<string>
    {
        public void Report(string value) { }
    }
}
