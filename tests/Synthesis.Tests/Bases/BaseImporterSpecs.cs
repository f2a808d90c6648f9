using System.Buffers.Binary;
using System.Diagnostics;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Store;
using Cloudlet.TestKit;

namespace Cloudlet.Synthesis.Tests.Bases;

/// <summary>Images from anywhere, under names that say nothing.</summary>
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
    public async Task Every_format_is_known_by_its_content_and_becomes_the_same_disk(string format, string options)
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
        File.WriteAllBytes(image, [.. new byte[512 * 9], 7]);
        var made = await ImportAsync(image);
        made.Manifest.Disk.Length.ShouldBe(8192);
        (await ImportAsync(image)).Id.ShouldBe(made.Id);
        new BaseCatalog(_store).List().ShouldHaveSingleItem();
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
        foreach (var (image, problem) in new[] { ("backed", "backing file"), ("split", "in another file"), ("flat", "names other files"), ("vmdk-backed", "backing file") })
            (await RefusedAsync(_folder[image])).ShouldContain(problem);
    }

    [Fact]
    public async Task Everything_that_a_header_says_wrong_is_said_at_once()
    {
        var header = new byte[512];
        "QFI\xfb"u8[..3].CopyTo(header);
        header[3] = 0xfb;
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), 9);
        BinaryPrimitives.WriteUInt64BigEndian(header.AsSpan(8), 1024);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(32), 1);
        File.WriteAllBytes(_folder["bad"], header);
        var said = await RefusedAsync(_folder["bad"]);
        foreach (var problem in new[] { "version 9", "backing file", "encrypted" })
            said.ShouldContain(problem);
    }

    [Fact]
    public async Task A_disk_of_absurd_size_and_a_cut_image_are_refused()
    {
        Samples.RequireQemuImg();
        QemuImg(["create", "-q", "-f", "qcow2", _folder["huge"], "40T"]);
        (await RefusedAsync(_folder["huge"])).ShouldContain("is not between");
        QemuImg(["convert", "-f", "raw", "-O", "vhdx", Raw(), _folder["cut"]]);
        using (var file = File.OpenHandle(_folder["cut"], FileMode.Open, FileAccess.Write))
            RandomAccess.SetLength(file, 100_000);
        (await RefusedAsync(_folder["cut"])).ShouldContain("vhdx");
        File.WriteAllBytes(_folder["empty"], []);
        (await RefusedAsync(_folder["empty"])).ShouldContain("empty");
    }

    [Theory]
    [InlineData("# Disk DescriptorFile\nRW 1 FLAT \"/etc/shadow\" 0\n", "names other files")]
    [InlineData("conectix", "VHD")]
    [InlineData("LUKS\xba\xbe", "LUKS")]
    public async Task Other_formats_are_named(string start, string problem)
    {
        File.WriteAllBytes(_folder["other"], [.. start.Select(c => (byte)c), .. new byte[1024]]);
        (await RefusedAsync(_folder["other"])).ShouldContain(problem);
    }

    private async Task<string> RefusedAsync(string image)
    {
        var error = await Should.ThrowAsync<CloudletException>(ImportAsync(image));
        error.Kind.ShouldBe(ErrorKind.InvalidInput, error.Message);
        new BaseCatalog(_store).List().ShouldBeEmpty();
        Directory.GetFileSystemEntries(_store.StagingFolder).ShouldBeEmpty("what was begun is taken away");
        return error.Message;
    }

    private Task<BaseVm> ImportAsync(string image) => new BaseImporter(_store).ImportAsync(image, null, Samples.Silent, CancellationToken.None);

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
        return path;
    }

    private string Vmdk()
    {
        QemuImg(["convert", "-f", "raw", "-O", "vmdk", Raw(), _folder["below.vmdk"]]);
        return _folder["below.vmdk"];
    }

    private static void QemuImg(IReadOnlyList<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("qemu-img", arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        process.ExitCode.ShouldBe(0, string.Join(' ', arguments));
    }
}
