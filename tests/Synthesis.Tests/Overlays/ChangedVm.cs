using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Pages;
using Cloudlet.TestKit;

namespace Cloudlet.Synthesis.Tests.Overlays;

/// <summary>A base and a VM made from it, randomly changed in all the ways in which guests change pages.</summary>
internal sealed class ChangedVm
{
    private readonly Random _chance;

    public ChangedVm(int seed, int diskPages = 200, int memoryPages = 160)
    {
        _chance = new Random(seed);
        QemuVersion = seed % 2 == 0 ? "7.2.22" : null; // both versions of the format
        BaseDisk = Fresh(diskPages);
        BaseMemory = Fresh(memoryPages);
        (Disk, Memory) = (BaseDisk.Copy(), BaseMemory.Copy());
        Devices = Bytes(_chance.Next(1, 5000));
        for (var i = _chance.Next(120); i > 0; i--)
            Edit(_chance.Next(2) == 0 ? Disk : Memory);
    }

    public StoredPages BaseDisk { get; }

    public StoredPages BaseMemory { get; }

    public StoredPages Disk { get; }

    public StoredPages Memory { get; }

    public byte[] Devices { get; }

    public string? QemuVersion { get; init; }

    public OverlayBase Base => new(new string('a', 64), BaseDisk, BaseMemory);

    /// <summary>Creates the overlay.</summary>
    /// <param name="folder">Folder for it and the index.</param>
    /// <param name="effort">The effort.</param>
    /// <param name="baseDisk">Reader of the base's disk; null for the disk itself.</param>
    /// <param name="ct">Cancels the operation.</param>
    public OverlayMade Cut(TempDir folder, OverlayEffort effort, IPageReader? baseDisk = null, CancellationToken ct = default)
    {
        BuildIndex(folder);
        return new OverlayWriter(Base with { Disk = baseDisk ?? BaseDisk }, folder["index"]).Write(
            folder["overlay"],
            new OverlayContent(All(Disk), All(Memory)) { Devices = Devices, QemuVersion = QemuVersion },
            effort,
            null,
            ct
        );
    }

    /// <summary>Applies it to copies of the base.</summary>
    public async Task<(OverlayReader Overlay, StoredPages Disk, StoredPages Memory)> ApplyAsync(Stream overlay)
    {
        var (disk, memory) = (BaseDisk.Copy(), BaseMemory.Copy());
        var reader = await OverlayReader.OpenAsync(overlay, CancellationToken.None);
        await reader.ApplyAsync(Base, disk, memory, null, CancellationToken.None);
        return (reader, disk, memory);
    }

    private void BuildIndex(TempDir folder)
    {
        if (File.Exists(folder["index"]))
            return;
        File.WriteAllBytes(folder["disk"], BaseDisk.Content);
        File.WriteAllBytes(folder["memory"], BaseMemory.Content);
        using var disk = new SparseFile(folder["disk"]);
        using var memory = new SparseFile(folder["memory"]);
        PageIndex.Build(folder["index"], disk, memory, null, CancellationToken.None);
    }

    public static ChangedStore All(StoredPages pages) => new(pages, [new PageRun(0, pages.Length / PageSize.Bytes)]);

    private StoredPages Fresh(int pages)
    {
        var all = new StoredPages(new byte[pages * PageSize.Bytes]);
        for (var page = 0; page < pages; page++)
            if (_chance.Next(4) > 0)
                Text().CopyTo(all.Page(page));
        return all;
    }

    private void Edit(StoredPages pages)
    {
        var page = pages.Page(Any(pages));
        switch (_chance.Next(9))
        {
            case 0:
                page.Clear();
                break;
            case 1:
                Bytes(page.Length).CopyTo(page);
                break;
            case 2:
                Text().CopyTo(page);
                break;
            case 3:
                BaseDisk.Page(Any(BaseDisk)).CopyTo(page);
                break;
            case 4:
                BaseMemory.Page(Any(BaseMemory)).CopyTo(page);
                break;
            case 5:
                Disk.Page(Any(Disk)).CopyTo(page);
                break;
            case 6:
                Run(pages);
                break;
            case 7:
                BaseMemory.Page(Any(BaseMemory)).CopyTo(page);
                Bytes(16).CopyTo(page[(_chance.Next(500) * 8)..]);
                break;
            default:
                Bytes(_chance.Next(1, 64)).CopyTo(page[_chance.Next(page.Length - 64)..]);
                break;
        }
    }

    /// <summary>Several consecutive pages of the base, at another place.</summary>
    private void Run(StoredPages pages)
    {
        var (from, to) = (Any(BaseDisk), Any(pages));
        var count = _chance.Next(1, 20);
        for (var i = 0; i < count && from + i < BaseDisk.Length / PageSize.Bytes && to + i < pages.Length / PageSize.Bytes; i++)
            BaseDisk.Page(from + i).CopyTo(pages.Page(to + i));
    }

    private int Any(StoredPages pages) => _chance.Next((int)(pages.Length / PageSize.Bytes));

    private byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        _chance.NextBytes(bytes);
        return bytes;
    }

    private byte[] Text()
    {
        var bytes = new byte[PageSize.Bytes];
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)('a' + (_chance.Next(3) == 0 ? _chance.Next(26) : i % 7));
        return bytes;
    }
}
