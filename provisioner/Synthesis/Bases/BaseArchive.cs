using System.Text.Json;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Fetch;
using Cloudlet.Synthesis.Manifests;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Refusals;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Bases;

/// <summary>
/// Exports a base to one file, in the overlay format over a base of zeros (docs/formats/overlay.md). An import yields the same id, or
/// fails.
/// </summary>
public sealed class BaseArchive(RuntimeStore store)
{
    /// <summary>Writes a base to a file; an existing file is replaced.</summary>
    /// <param name="vm">The base.</param>
    /// <param name="path">The file.</param>
    /// <param name="effort">Whether to save time or bytes.</param>
    /// <param name="progress">What is being done.</param>
    /// <param name="ct">Stops it; no partial file is left.</param>
    public Task<OverlayMade> ExportAsync(BaseVm vm, string path, OverlayEffort effort, IProgress<string> progress, CancellationToken ct) =>
        store.TryAsync($"export base {vm.ShortId} to {path}", () => WriteAsync(vm, path, effort, progress, ct));

    /// <summary>
    /// Imports an exported base. InvalidInput when it is damaged or does not match its own id; nothing is left of it then. A base that the
    /// store already has is returned unchanged.
    /// </summary>
    /// <param name="place">A file, or an http(s) URL.</param>
    /// <param name="name">Its name in this store, or null.</param>
    /// <param name="progress">What is being done.</param>
    /// <param name="ct">Stops it.</param>
    /// <param name="policy">Which servers may be asked; null for all.</param>
    public Task<BaseVm> ImportAsync(
        string place,
        string? name,
        IProgress<string> progress,
        CancellationToken ct,
        FetchPolicy? policy = null
    ) =>
        store.TryAsync(
            $"import {place}",
            async () =>
            {
                using var claim = new BaseCatalog(store).Claim(name);
                await using var from = OverlaySource.Open(place, policy: policy);
                return await ReadAsync(from, place, expectedId: null, name, progress, ct);
            }
        );

    /// <summary>The same from a stream that is read from front to back, for a base whose id is known.</summary>
    /// <param name="from">The exported base. When its end can't be read, nothing of the base is kept.</param>
    /// <param name="place">Where it comes from, for messages.</param>
    /// <param name="expectedId">The id that it has to have.</param>
    /// <param name="name">Its name in this store, or null.</param>
    /// <param name="progress">What is being done.</param>
    /// <param name="ct">Stops it.</param>
    public Task<BaseVm> ImportAsync(
        Stream from,
        string place,
        string expectedId,
        string? name,
        IProgress<string> progress,
        CancellationToken ct
    ) =>
        store.TryAsync(
            $"import {place}",
            async () =>
            {
                using var claim = new BaseCatalog(store).Claim(name);
                return await ReadAsync(from, place, expectedId, name, progress, ct);
            }
        );

    /// <summary>True for a URL, and for a file that begins with the overlay magic; false for images and missing files.</summary>
    /// <param name="place">A file, or a URL.</param>
    public static bool IsOne(string place)
    {
        if (place.Contains("://", StringComparison.Ordinal))
            return true;
        if (!InputFile.IsRegular(place))
            return false;
        Span<byte> start = stackalloc byte[8];
        using var file = File.OpenHandle(place);
        return RandomAccess.Read(file, start, 0) == start.Length && start.SequenceEqual(OverlayHeader.Magic);
    }

    private static async Task<OverlayMade> WriteAsync(
        BaseVm vm,
        string path,
        OverlayEffort effort,
        IProgress<string> progress,
        CancellationToken ct
    )
    {
        OutputPath.Of(path);
        using var inUse = BaseCatalog.Hold(vm);
        BaseSeal.Require(vm, progress, ct);
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
        return await Task.Run(
            () => writer.Write(path, content, effort, new PacedProgress(progress, "exporting", pages, PageSize.Bytes), ct),
            ct
        );
    }

    private async Task<BaseVm> ReadAsync(
        Stream from,
        string place,
        string? expectedId,
        string? name,
        IProgress<string> progress,
        CancellationToken ct
    )
    {
        var catalog = new BaseCatalog(store);
        var archive = await OverlayReader.OpenAsync(from, ct);
        if (archive.Header.BaseId != OverlayHeader.NoBase)
            throw new OverlayRefusedException(
                ErrorKind.InvalidInput,
                OverlayRefusal.Of(
                    OverlayRefusalCode.NotABase,
                    $"{place} can't be imported",
                    "an exported base",
                    $"an overlay over base {archive.Header.BaseId}",
                    "use it with `cloudlet synthesize`"
                )
            );
        var manifest = ManifestOf(archive, place);
        if (expectedId is not null && manifest.Id() != expectedId)
            throw new OverlayRefusedException(
                ErrorKind.InvalidInput,
                OverlayRefusal.Of(
                    OverlayRefusalCode.BaseIdMismatch,
                    $"{place} sent another base, so it was not imported",
                    expectedId,
                    manifest.Id(),
                    "delete it there and push it again"
                )
            );
        if (catalog.List().FirstOrDefault(b => b.Id == manifest.Id()) is { } there)
        {
            progress.Report($"base {there.ShortId} is here already");
            BaseProjects.Add(there.Folder, store.Project);
            return there;
        }

        using var staged = store.Stage();
        Room.Require(
            staged.Path,
            archive.Map.Runs.Where(r => r.Source == PageSource.Literal).Sum(r => r.Count) * PageSize.Bytes,
            $"what {place} holds"
        );
        using (var disk = SparseFile.Create(staged[BaseVm.DiskFile], manifest.Disk.Length))
        using (var memory = manifest.Memory is { } part ? SparseFile.Create(staged[BaseVm.MemoryFile], part.Length) : null)
        {
            var bytes = archive.Header.Segments.Sum(s => (long)s.StoredLength);
            await archive.ApplyAsync(
                OverlayBase.Zeros(disk.Length, memory?.Length ?? 0),
                disk,
                memory,
                new PacedProgress(progress, "importing", bytes),
                ct
            );
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

        if (manifest is null && problems.Count == 0)
            problems.Add("its manifest is empty");
        if (manifest is not null)
        {
            problems.AddRange(manifest.Problems());
            if (manifest.Format != BaseManifest.CurrentFormat)
                problems.Add($"its manifest is of format {manifest.Format}, and this program reads format {BaseManifest.CurrentFormat}");
            if (
                manifest.IsSealed
                    ? manifest.Memory!.Length != manifest.Definition!.MemoryBytes
                    : (manifest.Definition ?? (object?)manifest.Memory ?? manifest.Devices) is not null
            )
                problems.Add("the machine, memory and device state in its manifest do not match");
            problems.AddRange(manifest.Definition?.Problems().Select(p => p.Message) ?? []);
            if (DiskSize.Problem(manifest.Disk.Length) is { } size)
                problems.Add(size);
            if (
                manifest.Disk.Length != archive.Header.DiskPages * PageSize.Bytes
                || (manifest.Memory?.Length ?? 0) != archive.Header.MemoryPages * PageSize.Bytes
            )
                problems.Add("the disk or memory size in its manifest differs from that in the file");
        }

        return problems.Count == 0 && manifest is not null
            ? manifest
            : throw new OverlayRefusedException(
                ErrorKind.InvalidInput,
                new OverlayRefusal(
                    OverlayRefusalCode.BadManifest,
                    null,
                    null,
                    $"{place} can't be imported:\n  {string.Join("\n  ", problems)}"
                )
            );
    }
}
