using System.Buffers.Binary;
using System.Diagnostics;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Images;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Store;
using Cloudlet.Synthesis.Tests.Fuzz;
using Cloudlet.TestKit;

namespace Cloudlet.Synthesis.Tests.Images;

/// <summary>
/// Images that were truncated, or whose tables were damaged, give exactly the original disk, or nothing. <c>build/fuzz</c> continues with
/// other seeds.
/// </summary>
public sealed class DamagedImageFuzzSpecs(ITestOutputHelper output) : IDisposable
{
    private const long Size = (5 << 20) + 512;
    private const int Rounds = 40;

    private readonly TempDir _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("qcow2", "")]
    [InlineData("qcow2", "compat=0.10,cluster_size=4k")]
    [InlineData("qcow2", "extended_l2=on,cluster_size=64k")]
    [InlineData("qcow2", "refcount_bits=1,cluster_size=4k")]
    [InlineData("qcow2", "preallocation=metadata")]
    [InlineData("qcow2", "compressed")]
    [InlineData("vmdk", "subformat=monolithicSparse")]
    [InlineData("vmdk", "subformat=streamOptimized")]
    [InlineData("vdi", "")]
    [InlineData("vdi", "static=on")]
    [InlineData("vhdx", "")]
    public async Task A_damaged_image_is_the_same_disk_or_refused(string format, string options)
    {
        Samples.RequireQemuImg();
        var (whole, wanted) = Make(format, options);
        var run = new FuzzRun(Rounds);
        var (refused, same) = (0, 0);
        (await DigestAsync(whole, format)).ShouldBe(wanted, "the whole one");
        for (var chance = new Random(run.Seed); run.Goes(); )
        {
            var bytes = Damage(whole, format, options.Contains("extended", StringComparison.Ordinal), chance, out var what);
            var digest = await DigestAsync(bytes, format, run.Round % 8 == 0);
            if (digest is null)
                refused++;
            else if (digest.Length == 0 || digest == wanted)
                same++;
            else
                throw FuzzRun.Kept(bytes, $"{run}: {format} {options}, {what}: it gave another disk", null);
        }

        output.WriteLine($"{format} {options}: {run}, {refused} refused, {same} the same disk or not converted");
        refused.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void An_image_with_snapshots_is_whole()
    {
        Samples.RequireQemuImg();
        Make("qcow2", "");
        foreach (var name in new[] { "a", "b" })
            Run("qemu-img", "snapshot", "-c", name, _folder["image"]);
        ImageSniffer.Look(_folder["image"], "it", null).Facts.DiskLength.ShouldBe(Size);
    }

    /// <summary>QEMU leaves as much space before its data as the disk has, which looks like blocks that a table has lost.</summary>
    [Fact]
    public void A_fixed_vhdx_of_qemu_looks_like_a_damaged_one_and_is_refused_with_advice()
    {
        Samples.RequireQemuImg();
        Make("vhdx", "subformat=fixed");
        Should.Throw<CloudletException>(() => ImageSniffer.Look(_folder["image"], "it", null)).Message.ShouldContain("qemu-img convert");
    }

    /// <summary>Damage that qemu-img check accepts, or repairs by dropping data.</summary>
    [Theory]
    [InlineData("half", "cut short")]
    [InlineData("corrupt", "marked as corrupt")]
    [InlineData("behind", "cut short")]
    [InlineData("counts", "reference counts")]
    [InlineData("lost", "reference counts")]
    [InlineData("future", "unknown features")]
    public void Errors_of_a_qcow2_image_are_reported(string how, string said)
    {
        Samples.RequireQemuImg();
        var (bytes, _) = Make("qcow2", "");
        var second = (int)(
            BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan((int)BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(40))))
            & 0xffffffffffffff
        );
        var blocks = (int)BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan((int)BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(48))));
        switch (how)
        {
            case "half":
                bytes = bytes[..(bytes.Length / 2)];
                break;
            case "corrupt":
                bytes[79] |= 2;
                break;
            case "behind":
                BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(second), (1UL << 63) | (1UL << 40));
                break;
            case "counts":
                bytes.AsSpan(blocks, 65536).Clear();
                break;
            case "lost":
                bytes.AsSpan(second, 65536).Clear();
                break;
            default:
                bytes[78] |= 0x80;
                break;
        }

        File.WriteAllBytes(_folder["damaged"], bytes);
        Should.Throw<CloudletException>(() => ImageSniffer.Look(_folder["damaged"], "it", null)).Message.ShouldContain(said);
    }

    /// <summary>Null when it was refused, empty when it was accepted and not converted.</summary>
    private async Task<string?> DigestAsync(byte[] bytes, string format, bool converts = true)
    {
        File.WriteAllBytes(_folder["damaged"], bytes);
        try
        {
            ImageSniffer.Look(_folder["damaged"], "it", format);
            if (!converts)
                return "";
            var store = new RuntimeStore(_folder["store"]);
            var made = await new BaseImporter(store).ImportAsync(_folder["damaged"], format, null, Samples.Silent, CancellationToken.None);
            new StoreKeeper(store).RemoveBase(made.Id);
            return made.Manifest.Disk.Digest;
        }
        catch (CloudletException e) when (e.Kind is ErrorKind.InvalidInput or ErrorKind.ProcessFailed)
        {
            return null;
        }
    }

    /// <summary>Truncates it, wipes a part of its tables, or flips one bit of them. Tables are wherever the data is not.</summary>
    private static byte[] Damage(byte[] whole, string format, bool isExtended, Random chance, out string what)
    {
        if (chance.Next(3) == 0)
        {
            var end = chance.Next(whole.Length);
            what = $"cut at {end}";
            return whole[..end];
        }

        var bytes = whole.ToArray();
        var tables = (format == "qcow2" ? Tables(whole) : Enumerable.Range(0, whole.Length / 512))
            .Where(i => !IsData(whole, i * 512) && whole.AsSpan(i * 512, 512).ContainsAnyExcept((byte)0))
            .ToList();
        var at = tables[chance.Next(tables.Count)] * 512;
        if (chance.Next(3) == 0 && !isExtended)
        {
            what = $"sector at {at} wiped";
            bytes.AsSpan(at, 512).Clear();
            return bytes;
        }

        var full = Enumerable
            .Range(at, 512)
            .Where(i => whole[i] != 0 && !MakesAnotherImage(format, isExtended, i))
            .DefaultIfEmpty(0)
            .ToList();
        (at, var bit) = (full[chance.Next(full.Count)], chance.Next(8));
        bytes[at] ^= (byte)(1 << bit);
        what = $"bit {bit} at {at} turned";
        return bytes;
    }

    /// <summary>
    /// The length of the disk is in the header only once: a flip there gives a valid image of another disk. So do the lowest bit of an
    /// entry of version 3, which means zeros, and the map of parts.
    /// </summary>
    private static bool MakesAnotherImage(string format, bool isExtended, int at) =>
        format switch
        {
            "qcow2" => at is >= 24 and < 32 || at % 8 == 7 || (isExtended && at % 16 >= 8),
            "vdi" => at is >= 0x170 and < 0x178,
            "vhdx" => at >= 1 << 20,
            _ => false,
        };

    /// <summary>
    /// Sectors of a qcow2 image without data: compressed data cannot be distinguished from tables, and has no checksum.
    /// </summary>
    private static IEnumerable<int> Tables(byte[] image)
    {
        var cluster = 1 << image[23];
        int At(int place) => (int)(BinaryPrimitives.ReadUInt64BigEndian(image.AsSpan(place)) & 0x00fffffffffffe00);
        int[] named = [0, At(40), At(48), .. Entries(At(40)), .. Entries(At(48))];
        return named.Distinct().SelectMany(start => Enumerable.Range(start / 512, Math.Min(cluster, image.Length - start) / 512));

        IEnumerable<int> Entries(int table) =>
            Enumerable.Range(0, Math.Min(cluster, image.Length - table) / 8).Select(i => At(table + (i * 8))).Where(place => place != 0);
    }

    /// <summary>True for a part of the disk, which is random and marked.</summary>
    private static bool IsData(byte[] image, int at) => image.AsSpan(at, 8).SequenceEqual("DISKDATA"u8);

    private (byte[] Image, string Digest) Make(string format, string options)
    {
        var raw = _folder["raw"];
        var chance = new Random(11);
        using (var file = SparseFile.Create(raw, Size))
            foreach (var start in new[] { 0, 70_000, 1 << 20, (3 << 20) + 8192, (5 << 20) - 65536 }.Select(s => s / 512 * 512L))
                for (var at = start; at < Math.Min(start + 120_000, Size) / 512 * 512; at += 512)
                {
                    var sector = new byte[512];
                    chance.NextBytes(sector);
                    "DISKDATA"u8.CopyTo(sector);
                    file.Write(at, sector);
                }

        string[] how =
            options == "compressed" ? ["-c"]
            : options.Length > 0 ? ["-o", options]
            : [];
        Run("qemu-img", ["convert", "-f", "raw", "-O", format, .. how, raw, _folder["image"]]);
        using (var padded = File.OpenHandle(raw, FileMode.Open, FileAccess.Write))
            RandomAccess.SetLength(padded, (Size + PageSize.Bytes - 1) / PageSize.Bytes * PageSize.Bytes);
        return (File.ReadAllBytes(_folder["image"]), ContentDigest.Of(raw, null, CancellationToken.None));
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false }
        )!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        process.ExitCode.ShouldBe(0, string.Join(' ', arguments));
    }
}
