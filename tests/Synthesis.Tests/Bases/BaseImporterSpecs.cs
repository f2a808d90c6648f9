using System.Buffers.Binary;
using System.Diagnostics;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Manifests;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Store;
using Cloudlet.TestKit;

namespace Cloudlet.Synthesis.Tests.Bases;

/// <summary>Images of any source, under names that do not show their format.</summary>
public sealed class BaseImporterSpecs : IDisposable
{
    private const long Size = 3 << 20;
    private readonly TempDir _folder = new();
    private readonly RuntimeStore _store;

    public BaseImporterSpecs() => _store = new RuntimeStore(_folder["store"]);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("qcow2", "")]
    [InlineData("qcow2", "compat=0.10")]
    [InlineData("qcow2", "extended_l2=on")]
    [InlineData("raw", "")]
    [InlineData("vmdk", "subformat=monolithicSparse")]
    [InlineData("vmdk", "subformat=streamOptimized")]
    [InlineData("vdi", "")]
    [InlineData("vhdx", "")]
    public async Task Every_format_is_detected_by_its_content_and_becomes_the_same_disk(string format, string options)
    {
        Samples.RequireQemuImg();
        var image = _folder["no-name.jpg"];
        QemuImg(["convert", "-f", "raw", "-O", format, .. options.Length > 0 ? new[] { "-o", options } : [], Raw(), image]);
        var made = await ImportAsync(image);
        made.Manifest.Disk.Digest.ShouldBe(ContentDigest.Of(Raw(), null, CancellationToken.None));
        made.Manifest.IsSealed.ShouldBeFalse();
        new BaseCatalog(_store).List().ShouldHaveSingleItem().Id.ShouldBe(made.Id);
        Directory.GetFileSystemEntries(_store.StagingFolder).ShouldBeEmpty();
        File.GetUnixFileMode(made.DiskPath).HasFlag(UnixFileMode.UserWrite).ShouldBeFalse();
    }

    [Fact]
    public async Task The_same_disk_is_the_same_base_and_its_length_becomes_whole_pages()
    {
        Samples.RequireQemuImg();
        var image = _folder["odd"];
        File.WriteAllBytes(image, [.. new byte[512 * 8], .. Enumerable.Repeat((byte)7, 512)]);
        var made = await ImportAsync(image, "raw");
        made.Manifest.Disk.Length.ShouldBe(8192);
        (await ImportAsync(image, "raw")).Id.ShouldBe(made.Id);
        new BaseCatalog(_store).List().ShouldHaveSingleItem();
    }

    /// <summary>The pipe has no writer: opening it would block forever.</summary>
    [Fact]
    public async Task Anything_but_a_regular_file_is_named_and_never_opened()
    {
        using (var made = Process.Start("mkfifo", [_folder["pipe"]]))
            await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        foreach (var (path, what) in new[] { (_folder["pipe"], "a pipe"), ("/dev/null", "a character device"), (_folder.Path, "a folder") })
        {
            BaseArchive.IsOne(path).ShouldBeFalse();
            var error = await Should.ThrowAsync<CloudletException>(ImportAsync(path));
            error.Kind.ShouldBe(ErrorKind.InvalidInput);
            error.Message.ShouldContain($"{path} is {what}");
        }
    }

    [Fact]
    public async Task Of_parallel_imports_with_one_name_one_gets_it()
    {
        Samples.RequireQemuImg();
        var images = Enumerable
            .Range(1, 4)
            .Select(i =>
            {
                // begins like a bootable disk
                File.WriteAllBytes(_folder[$"image{i}"], [(byte)i, .. new byte[509], 0x55, 0xaa, .. new byte[8192 - 512]]);
                return _folder[$"image{i}"];
            })
            .ToList();
        var imports = images
            .Select(image =>
                Task.Run(() => new BaseImporter(_store).ImportAsync(image, null, "one", Samples.Silent, CancellationToken.None))
            )
            .ToList();
        foreach (var import in imports)
            await Task.WhenAny(import);
        imports.Count(i => i.IsCompletedSuccessfully).ShouldBe(1);
        imports.Where(i => i.IsFaulted).ShouldAllBe(i => ((CloudletException)i.Exception!.InnerException!).Kind == ErrorKind.AlreadyExists);
        new BaseCatalog(_store).List().ShouldHaveSingleItem().Name.ShouldBe("one");
        Directory.GetFileSystemEntries(_store.StagingFolder).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_block_device_is_as_long_as_its_disk()
    {
        Samples.RequireQemuImg();
        await using (var file = File.Create(_folder["disk"]))
        {
            file.SetLength(Size);
            file.Position = 510;
            file.Write([0x55, 0xaa]);
            file.Position = 4096;
            file.Write("content"u8);
        }

        var device = await LoopAsync("--find", "--show", _folder["disk"]);
        Assert.SkipWhen(device.Length == 0, "needs loop devices, but losetup found none");
        try
        {
            (await ImportAsync(device)).Manifest.Disk.ShouldBe(
                new BasePart(Size, ContentDigest.Of(_folder["disk"], null, CancellationToken.None))
            );
        }
        finally
        {
            await LoopAsync("--detach", device);
        }
    }

    private static async Task<string> LoopAsync(params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo("losetup", arguments) { RedirectStandardOutput = true, UseShellExecute = false }
        )!;
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? said.Trim() : "";
    }

    [Fact]
    public async Task An_image_never_makes_us_read_another_file()
    {
        Samples.RequireQemuImg();
        var secret = _folder.Write("secret", new string('s', 1 << 16));
        QemuImg(["create", "-q", "-f", "qcow2", "-b", secret, "-F", "raw", _folder["backed"]]);
        QemuImg(["create", "-q", "-f", "qcow2", "-o", $"data_file={_folder["outside"]},data_file_raw=on", _folder["split"], "1M"]);
        QemuImg(["create", "-q", "-f", "vmdk", "-o", "subformat=monolithicFlat", _folder["flat"], "1M"]);
        QemuImg(["create", "-q", "-f", "vmdk", "-b", Vmdk(), "-F", "vmdk", _folder["vmdk-backed"]]);
        foreach (
            var (image, problem) in new[]
            {
                ("backed", "backing file"),
                ("split", "in another file"),
                ("flat", "names other files"),
                ("vmdk-backed", "backing file"),
            }
        )
            (await RefusedAsync(_folder[image])).ShouldContain(problem);
    }

    [Fact]
    public async Task All_errors_of_a_header_are_reported_at_once()
    {
        var header = new byte[512];
        "QFI\xfb"u8[..3].CopyTo(header);
        header[3] = 0xfb;
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), 9);
        BinaryPrimitives.WriteUInt64BigEndian(header.AsSpan(8), 1024);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(32), 1);
        File.WriteAllBytes(_folder["bad"], header);
        var said = await RefusedAsync(_folder["bad"]);
        foreach (var problem in new[] { "version is 9", "backing file", "encrypted" })
            said.ShouldContain(problem);
    }

    [Fact]
    public async Task A_disk_of_absurd_size_and_a_truncated_image_are_refused()
    {
        Samples.RequireQemuImg();
        QemuImg(["create", "-q", "-f", "qcow2", _folder["huge"], "40T"]);
        (await RefusedAsync(_folder["huge"])).ShouldContain("expected 512 bytes to 16 TiB");
        QemuImg(["convert", "-f", "raw", "-O", "vhdx", Raw(), _folder["cut"]]);
        using (var file = File.OpenHandle(_folder["cut"], FileMode.Open, FileAccess.Write))
            RandomAccess.SetLength(file, 100_000);
        (await RefusedAsync(_folder["cut"])).ShouldContain("cut short");
        File.WriteAllBytes(_folder["empty"], []);
        (await RefusedAsync(_folder["empty"])).ShouldContain("empty");
    }

    [Theory]
    [InlineData("# Disk DescriptorFile\nRW 1 FLAT \"/etc/shadow\" 0\n", "names other files")]
    [InlineData("conectix", "VHD")]
    [InlineData("LUKS\xba\xbe", "LUKS")]
    [InlineData("\xfd" + "7zXZ\0", "xz -d")]
    [InlineData("\x1f\x8b\x08", "gzip -d")]
    [InlineData("\x28\xb5\x2f\xfd", "zstd -d")]
    [InlineData("BZh9", "bzip2 -d")]
    [InlineData("PK\x03\x04", "zip archive")]
    [InlineData("\x7f" + "ELF", "a program")]
    [InlineData("WithoutFreeSpace", "Parallels")]
    [InlineData("QED\0", "QED")]
    [InlineData("nothing that is known\0", "--format raw")]
    public async Task Other_formats_are_named(string start, string problem)
    {
        File.WriteAllBytes(_folder["other"], [.. start.Select(c => (byte)c), .. new byte[1024]]);
        (await RefusedAsync(_folder["other"])).ShouldContain(problem);
    }

    [Fact]
    public async Task A_file_that_is_not_a_disk_is_named_and_accepted_only_with_an_explicit_format()
    {
        Samples.RequireQemuImg();
        File.WriteAllBytes(
            _folder["tar"],
            new byte[257]
                .Concat("ustar"u8.ToArray())
                .Concat(new byte[1786])
                .ToArray()
        );
        File.WriteAllBytes(
            _folder["iso"],
            new byte[32769]
                .Concat("CD001"u8.ToArray())
                .Concat(new byte[2042])
                .ToArray()
        );
        QemuImg(["convert", "-f", "raw", "-O", "vpc", "-o", "subformat=fixed", Raw(), _folder["vhd"]]);
        File.WriteAllText(_folder["text"], "root:x:0:0:root:/root:/bin/bash\n");
        foreach (var (file, named) in new[] { ("tar", ".ova"), ("iso", "ISO 9660"), ("vhd", "fixed VHD"), ("text", "a text") })
            (await RefusedAsync(_folder[file])).ShouldContain(named);
        (await ImportAsync(_folder["iso"], "raw")).Manifest.Disk.Length.ShouldBe(36864);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5000)]
    public async Task A_raw_disk_has_whole_sectors_even_with_an_explicit_format(int length)
    {
        File.WriteAllBytes(_folder["odd"], new byte[length]);
        await RefusedAsync(_folder["odd"], "raw");
    }

    /// <summary>The size that a disk records about itself is trusted.</summary>
    [Theory]
    [InlineData("mbr")]
    [InlineData("gpt")]
    [InlineData("ext4")]
    public async Task A_raw_disk_is_detected_by_its_content_and_refused_when_it_was_truncated(string kind)
    {
        Samples.RequireQemuImg();
        var disk = _folder["disk"];
        using (var file = SparseFile.Create(disk, 4 << 20))
            file.Write(0, new byte[512]);
        if (kind == "ext4")
            Run("mkfs.ext4", ["-q", "-F", disk]);
        else
            Partition(disk, kind == "gpt");
        (await ImportAsync(disk)).Manifest.Disk.Length.ShouldBe(4 << 20);
        new StoreKeeper(_store).RemoveBase(new BaseCatalog(_store).List().Single().Id);
        using (var file = File.OpenHandle(disk, FileMode.Open, FileAccess.Write))
            RandomAccess.SetLength(file, 3 << 20);
        (await RefusedAsync(disk)).ShouldContain("cut short");
    }

    [Fact]
    public async Task An_explicit_format_must_match_the_content()
    {
        Samples.RequireQemuImg();
        QemuImg(["convert", "-f", "raw", "-O", "vdi", Raw(), _folder["image"]]);
        (await RefusedAsync(_folder["image"], "qcow2")).ShouldContain("expected format qcow2, found vdi");
        (await RefusedAsync(_folder["image"], "qed")).ShouldContain("not a valid format");
    }

    private static void Partition(string disk, bool isGpt)
    {
        using var file = File.OpenHandle(disk, FileMode.Open, FileAccess.ReadWrite);
        var head = new byte[1024];
        (head[510], head[511]) = (0x55, 0xaa);
        head[446 + 4] = (byte)(isGpt ? 0xee : 0x83);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(446 + 8), isGpt ? 1 : 64);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(446 + 12), isGpt ? -1 : 8192 - 64);
        if (isGpt)
        {
            "EFI PART"u8.CopyTo(head.AsSpan(512));
            BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(512 + 32), 8191);
        }

        RandomAccess.Write(file, head, 0);
    }

    private async Task<string> RefusedAsync(string image, string? format = null)
    {
        var error = await Should.ThrowAsync<CloudletException>(ImportAsync(image, format));
        error.Kind.ShouldBe(ErrorKind.InvalidInput, error.Message);
        new BaseCatalog(_store).List().ShouldBeEmpty();
        if (Directory.Exists(_store.StagingFolder))
            Directory.GetFileSystemEntries(_store.StagingFolder).ShouldBeEmpty("partial work is removed");
        return error.Message;
    }

    private Task<BaseVm> ImportAsync(string image, string? format = null) =>
        new BaseImporter(_store).ImportAsync(image, format, null, Samples.Silent, CancellationToken.None);

    private string Raw()
    {
        var path = _folder["disk"];
        if (File.Exists(path))
            return path;
        using var file = SparseFile.Create(path, Size);
        var content = new byte[PageSize.Bytes];
        new Random(7).NextBytes(content);
        file.Write(PageSize.Bytes * 3, content);
        file.Write(Size - PageSize.Bytes, content);
        file.Write(1 << 20, new byte[1 << 20]);
        file.Write(0, Boot());
        return path;
    }

    /// <summary>A first sector with the signature of a disk.</summary>
    private static byte[] Boot()
    {
        var boot = new byte[512];
        (boot[446 + 4], boot[446 + 8], boot[446 + 12], boot[510], boot[511]) = (0x83, 8, 8, 0x55, 0xaa);
        return boot;
    }

    private string Vmdk()
    {
        QemuImg(["convert", "-f", "raw", "-O", "vmdk", Raw(), _folder["below.vmdk"]]);
        return _folder["below.vmdk"];
    }

    private static void QemuImg(IReadOnlyList<string> arguments) => Run("qemu-img", arguments);

    private static void Run(string program, IReadOnlyList<string> arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false }
        )!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        process.ExitCode.ShouldBe(0, string.Join(' ', arguments));
    }
}
