using System.Diagnostics;
using Cloudlet.Synthesis.Disks;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Tests.Overlays;
using Cloudlet.TestKit;

namespace Cloudlet.Synthesis.Tests.Disks;

/// <summary>Layers, checked with QEMU's own tools.</summary>
public sealed class DiskSpecs : IDisposable
{
    private const int Pages = 3000; // several clusters of 32 pages, and a last one that is not full
    private readonly TempDir _folder = new();
    private readonly StoredPages _base = new(new byte[Pages * PageSize.Bytes]);

    public DiskSpecs()
    {
        new Random(1).NextBytes(_base.Content.AsSpan(0, Pages / 2 * PageSize.Bytes));
        using var file = SparseFile.Create(_folder["base"], _base.Length);
        file.Write(0, _base.Content.AsSpan(0, Pages / 2 * PageSize.Bytes));
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(500)]
    public void Our_layers_are_valid_for_qemu(int writes)
    {
        var expected = _base.Copy();
        var chance = new Random(writes);
        using (var layer = new Qcow2Layer(_folder["layer"], _folder["base"], _base.Length))
        {
            Run("qemu-img", "check", _folder["layer"]).ShouldContain("No errors were found");
            Parallel.For(
                0,
                writes,
                _ =>
                {
                    int at;
                    byte[] pages;
                    lock (chance)
                    {
                        pages = new byte[chance.Next(1, 50) * PageSize.Bytes];
                        at = chance.Next(Pages - (pages.Length / PageSize.Bytes)) * PageSize.Bytes;
                        if (chance.Next(3) > 0)
                            chance.NextBytes(pages);
                        expected.Write(at, pages);
                        layer.Write(at, pages);
                    }
                }
            );
            layer.Finish();
        }

        Run("qemu-img", "check", _folder["layer"]).ShouldContain("No errors were found");
        Run("qemu-img", "convert", "-O", "raw", _folder["layer"], _folder["raw"]);
        File.ReadAllBytes(_folder["raw"]).AsSpan().SequenceEqual(expected.Content).ShouldBeTrue();
    }

    [Fact]
    public void A_layer_with_several_refcount_blocks_is_complete()
    {
        const int clusters = 70_000,
            clusterBytes = 128 << 10;
        SparseFile.Create(_folder["large"], (long)clusters * clusterBytes).Dispose();
        using (var layer = new Qcow2Layer(_folder["layer"], _folder["large"], (long)clusters * clusterBytes))
        {
            for (var i = 0L; i < clusters; i++)
                layer.Write(i * clusterBytes, _base.Page((int)(i % 1000)));
            layer.Finish();
        }

        Run("qemu-img", "check", _folder["layer"]).ShouldContain("No errors were found");
        Run("qemu-io", "-r", "-f", "qcow2", "-c", $"read -P {_base.Page(999)[0]} {69_999L * clusterBytes} 1", _folder["layer"])
            .ShouldNotContain("verification failed");
    }

    [Fact]
    public void The_content_of_a_layer_is_read_in_place_and_nothing_else_is_read()
    {
        Run(
            "qemu-img",
            "create",
            "-q",
            "-f",
            "qcow2",
            "-o",
            "extended_l2=on,cluster_size=128k",
            "-b",
            _folder["base"],
            "-F",
            "raw",
            _folder["layer"]
        );
        Run(
            "qemu-io",
            "-f",
            "qcow2",
            "-c",
            "write -P 7 40960 12288",
            "-c",
            "write -z 409600 8192",
            "-c",
            "write -z 8192000 131072",
            "-c",
            "write -P 9 12283904 4096",
            _folder["layer"]
        );
        Run("qemu-img", "convert", "-O", "raw", _folder["layer"], _folder["raw"]);
        var expected = File.ReadAllBytes(_folder["raw"]);

        using var layer = DiskLayer.Open(_folder["layer"], Run("qemu-img", "map", "--output=json", _folder["layer"]), _folder["base"]);

        var read = new byte[expected.Length];
        layer.Read(0, read);
        read.AsSpan().SequenceEqual(expected).ShouldBeTrue();
        // the zeros at 8192000 are where the base has none
        layer.Candidates().ShouldBe([new PageRun(10, 3), new PageRun(100, 2), new PageRun(2999, 1)]);
    }

    private static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            }
        )!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        process.ExitCode.ShouldBe(0, error);
        return output.Result;
    }
}
