using System.IO.MemoryMappedFiles;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Vms;
using Cloudlet.TestKit;

namespace Cloudlet.Synthesis.Tests.Vms;

/// <summary>This process maps a file as QEMU maps a base's memory.</summary>
public sealed class GuestMemorySpecs : IDisposable
{
    private const int Pages = 250;
    private const long Length = (long)Pages * PageSize.Bytes;

    private readonly TempDir _folder = new();
    private readonly string _path;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _mapped;

    public GuestMemorySpecs()
    {
        _path = _folder["memory of a guest"];
        File.WriteAllBytes(_path, [.. Enumerable.Range(0, (int)Length).Select(i => (byte)(i / PageSize.Bytes))]);
        _file = MemoryMappedFile.CreateFromFile(_path, FileMode.Open, null, Length, MemoryMappedFileAccess.CopyOnWrite);
        _mapped = _file.CreateViewAccessor(0, Length, MemoryMappedFileAccess.CopyOnWrite);
    }

    public void Dispose()
    {
        _mapped.Dispose();
        _file.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Only_written_pages_are_private()
    {
        using var memory = GuestMemory.Of(Environment.ProcessId, _path, Length);
        for (var page = 0; page < Pages; page++)
            _mapped.ReadByte((long)page * PageSize.Bytes).ShouldBe((byte)page);
        memory.PrivateRuns().ShouldBeEmpty("reading must not make pages private");
        foreach (var page in new[] { 0, 7, 8, 9, Pages - 1 })
            _mapped.Write((long)page * PageSize.Bytes, (byte)page);
        memory.PrivateRuns().ShouldBe([new PageRun(0, 1), new PageRun(7, 3), new PageRun(Pages - 1, 1)]);
    }

    [Fact]
    public void Writes_go_to_the_guest_and_not_to_the_file()
    {
        using var memory = GuestMemory.Of(Environment.ProcessId, _path, Length);
        var before = File.ReadAllBytes(_path);
        var content = new byte[3 * PageSize.Bytes];
        new Random(1).NextBytes(content);
        memory.Write(20 * PageSize.Bytes, content);
        var read = new byte[content.Length];
        _mapped.ReadArray(20 * PageSize.Bytes, read, 0, read.Length);
        read.ShouldBe(content);
        memory.Read(20 * PageSize.Bytes, read);
        read.ShouldBe(content);
        memory.Read(Length - PageSize.Bytes, read.AsSpan(0, PageSize.Bytes));
        read[0].ShouldBe((byte)(Pages - 1));
        File.ReadAllBytes(_path).ShouldBe(before);
        memory.PrivateRuns().ShouldBe([new PageRun(20, 3)]);
        Should.Throw<ArgumentOutOfRangeException>(() => memory.Read(Length, read));
    }

    [Fact]
    public void A_process_that_does_not_map_all_of_it_is_not_a_guest_of_that_base()
    {
        Should
            .Throw<CloudletException>(() => GuestMemory.Of(Environment.ProcessId, _path, Length + (1 << 20)))
            .Kind.ShouldBe(ErrorKind.NotFound);
        Should
            .Throw<CloudletException>(() => GuestMemory.Of(Environment.ProcessId, _folder["another"], Length))
            .Kind.ShouldBe(ErrorKind.NotFound);
        Should.Throw<CloudletException>(() => GuestMemory.Of(int.MaxValue, _path, Length)).Kind.ShouldBe(ErrorKind.NotFound);
    }
}
