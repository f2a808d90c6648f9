using System.Text.Json;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Fetch;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Bases;

/// <summary>Bases as one file: the format of overlays over a base of zeros (docs/formats/overlay.md). It imports elsewhere to the same id, or not at all.</summary>
public sealed class BaseArchive(RuntimeStore store)
{
    /// <summary>Writes a base into a file; one that is there is replaced.</summary>
    /// <param name="vm">The base.</param>
    /// <param name="path">The file.</param>
    /// <param name="effort">What to spare.</param>
    /// <param name="progress">What is being done.</param>
    /// <param name="ct">Stops it; no half a file is left then.</param>
    public Task<OverlayMade> ExportAsync(BaseVm vm, string path, OverlayEffort effort, IProgress<string> progress, CancellationToken ct) =>
        store.TryAsync($"exported base {vm.ShortId} to {path}", () => WriteAsync(vm, path, effort, progress, ct));

    /// <summary>
    /// Imports an exported base. InvalidInput when it is damaged or is not what it says, and then nothing is left of it. A base that is there already is returned as it is.
    /// </summary>
    /// <param name="place">A file, or an http(s) URL.</param>
    /// <param name="name">What people call it here, or null.</param>
    /// <param name="progress">What is being done.</param>
    /// <param name="ct">Stops it.</param>
    public Task<BaseVm> ImportAsync(string place, string? name, IProgress<string> progress, CancellationToken ct) =>
        store.TryAsync($"imported {place}", () => ReadAsync(place, name, progress, ct));

    /// <summary>True for a file that begins as one of ours does; false for images, URLs, and what is not there.</summary>
    /// <param name="place">A file, or a URL.</param>
    public static bool IsOne(string place)
    {
        if (place.Contains("://", StringComparison.Ordinal))
            return true;
        if (!File.Exists(place))
            return false;
        Span<byte> start = stackalloc byte[8];
        using var file = File.OpenHandle(place);
        return RandomAccess.Read(file, start, 0) == start.Length && start.SequenceEqual(OverlayHeader.Magic);
    }

    private static async Task<OverlayMade> WriteAsync(BaseVm vm, string path, OverlayEffort effort, IProgress<string> progress, CancellationToken ct)
    {
        using var held = BaseCatalog.Hold(vm);
        using var disk = new SparseFile(vm.DiskPath);
        using var memory = vm.Manifest.Memory is null ? null : new SparseFile(vm.MemoryPath);
        var content = new OverlayContent(Whole(disk), memory is null ? null : Whole(memory))
        {
            Devices = vm.Manifest.Devices is null ? default : await File.ReadAllBytesAsync(vm.DevicesPath, ct),
            Manifest = vm.Manifest.ToBytes(),
        };
        var pages = content.Disk.Candidates.Concat(content.Memory?.Candidates ?? []).Sum(r => r.Count);
        progress.Report($"exporting base {vm.ShortId}: {pages * PageSize.Bytes >> 20} MiB");
        var writer = new OverlayWriter(OverlayBase.Zeros(disk.Length, memory?.Length ?? 0), indexPath: null);
        return await Task.Run(() => writer.Write(path, content, effort, new PacedProgress(progress, "exporting", pages), ct), ct);
    }

    private async Task<BaseVm> ReadAsync(string place, string? name, IProgress<string> progress, CancellationToken ct)
    {
        var catalog = new BaseCatalog(store);
        catalog.RequireFree(name);
        await using var from = OverlaySource.Open(place);
        var archive = await OverlayReader.OpenAsync(from, ct);
        if (archive.Header.BaseId != OverlayHeader.NoBase)
            throw new CloudletException(ErrorKind.InvalidInput, $"{place} is an overlay over base {archive.Header.BaseId} and no base: `cloudlet synthesize` takes it.");
        var manifest = ManifestOf(archive, place);
        if (catalog.List().FirstOrDefault(b => b.Id == manifest.Id()) is { } there)
        {
            progress.Report($"base {there.ShortId} is here already");
            return there;
        }

        using var staged = store.Stage();
        using (var disk = SparseFile.Create(staged[BaseVm.DiskFile], manifest.Disk.Length))
        using (var memory = manifest.Memory is { } part ? SparseFile.Create(staged[BaseVm.MemoryFile], part.Length) : null)
        {
            var bytes = archive.Header.Segments.Sum(s => (long)s.StoredLength);
            await archive.ApplyAsync(OverlayBase.Zeros(disk.Length, memory?.Length ?? 0), disk, memory, new PacedProgress(progress, "importing", bytes), ct);
        }

        if (manifest.Devices is not null)
            await File.WriteAllBytesAsync(staged[BaseVm.DevicesFile], archive.Devices, ct);
        return BasePublisher.Publish(store, staged, manifest.Definition, name, progress, ct, expectedId: manifest.Id());
    }

    private static ChangedStore Whole(SparseFile file) => new(file, [.. PageRuns.WithData(file)]);

    private static BaseManifest ManifestOf(OverlayReader archive, string place)
    {
        List<string> problems = [];
        BaseManifest? manifest = null;
        try
        {
            manifest = JsonSerializer.Deserialize(archive.Manifest.Span, ManifestJson.Default.BaseManifest);
        }
        catch (JsonException e)
        {
            problems.Add($"its manifest can't be read: {e.Message}");
        }

        if (manifest is not null)
        {
            if (manifest.Format != BaseManifest.CurrentFormat)
                problems.Add($"its manifest is of format {manifest.Format}, and this program reads format {BaseManifest.CurrentFormat}");
            if (manifest.IsSealed ? manifest.Memory!.Length != manifest.Definition!.MemoryBytes : (manifest.Definition ?? (object?)manifest.Memory ?? manifest.Devices) is not null)
                problems.Add("its manifest names a machine, a memory and device state that do not belong together");
            problems.AddRange(manifest.Definition?.Problems() ?? []);
            if (manifest.Disk.Length / PageSize.Bytes != archive.Header.DiskPages || (manifest.Memory?.Length ?? 0) / PageSize.Bytes != archive.Header.MemoryPages)
                problems.Add("its manifest is about a disk or a memory of another size than the file");
        }

        return problems.Count == 0 && manifest is not null ? manifest : throw new CloudletException(ErrorKind.InvalidInput, $"{place} can't be imported:\n  {string.Join("\n  ", problems)}");
    }
}
