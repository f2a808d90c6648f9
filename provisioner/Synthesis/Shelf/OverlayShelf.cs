using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Shelf;

/// <summary>An overlay that a store keeps.</summary>
/// <param name="Id">12 hexadecimal digits, and its folder's name.</param>
/// <param name="Digest">64 hexadecimal digits: the id of its content.</param>
/// <param name="BaseId">Its base.</param>
/// <param name="Bytes">Size of its file.</param>
/// <param name="DiskBytes">Size of the disk that it describes.</param>
/// <param name="MemoryBytes">Size of the memory that it describes.</param>
/// <param name="CarriedPages">Pages whose content is in the file.</param>
/// <param name="Created">When it was stored.</param>
public sealed record ShelvedOverlay(
    string Id,
    string Digest,
    string BaseId,
    long Bytes,
    long DiskBytes,
    long MemoryBytes,
    long CarriedPages,
    DateTimeOffset Created
)
{
    internal const string RecordFile = "overlay.json",
        ContentFile = "content.overlay";

    /// <summary>Its name, or null.</summary>
    public string? Name { get; init; }

    /// <summary>The project that it belongs to, or null.</summary>
    public string? Project { get; init; }

    /// <summary>Version of the QEMU that wrote its device state, or null.</summary>
    public string? QemuVersion { get; init; }

    /// <summary>Folder of its files.</summary>
    [JsonIgnore]
    public string Folder { get; internal init; } = "";

    /// <summary>The overlay itself.</summary>
    [JsonIgnore]
    public string Path => System.IO.Path.Combine(Folder, ContentFile);
}

/// <summary>The overlays of a store.</summary>
public sealed partial class OverlayShelf(RuntimeStore store)
{
    /// <summary>Every overlay, the oldest first.</summary>
    public IReadOnlyList<ShelvedOverlay> List() =>
        !Directory.Exists(store.OverlaysFolder)
            ? []
            :
            [
                .. Directory
                    .EnumerateDirectories(store.OverlaysFolder)
                    .Select(Read)
                    .OfType<ShelvedOverlay>()
                    .Where(o => store.Shows(o.Project))
                    .OrderBy(o => o.Created)
                    .ThenBy(o => o.Id, StringComparer.Ordinal),
            ];

    /// <summary>The overlay with that name or id prefix. NotFound when there is none; InvalidInput when there are several.</summary>
    public ShelvedOverlay Get(string idOrName)
    {
        var all = List();
        var found = all.Where(o => o.Name == idOrName || o.Id == idOrName || o.Digest == idOrName).ToList();
        if (found.Count == 0 && idOrName.Length >= 2)
            found = [.. all.Where(o => o.Id.StartsWith(idOrName, StringComparison.Ordinal))];
        return found switch
        {
            [var one] => one,
            [] => throw new CloudletException(ErrorKind.NotFound, $"no overlay '{idOrName}' is kept here"),
            _ => throw new CloudletException(
                ErrorKind.InvalidInput,
                $"'{idOrName}' is ambiguous: {string.Join(", ", found.Select(o => o.Id))}: give more digits of the id"
            ),
        };
    }

    /// <summary>
    /// Makes an overlay and keeps it. InvalidInput when what was made is damaged or not an overlay, AlreadyExists when the name is taken.
    /// </summary>
    /// <param name="name">Its name, or null.</param>
    /// <param name="write">Writes it to the path that it gets.</param>
    /// <param name="ct">Stops it; nothing is left then.</param>
    public Task<ShelvedOverlay> AddAsync(string? name, Func<string, CancellationToken, Task> write, CancellationToken ct) =>
        store.TryAsync("keep an overlay", () => MakeAsync(name, write, ct));

    /// <summary>Removes an overlay. VMs that were synthesized from it do not need it.</summary>
    public ShelvedOverlay Remove(string idOrName)
    {
        var overlay = Get(idOrName);
        using var bin = store.Stage();
        Directory.Move(overlay.Folder, bin["overlay"]);
        return overlay;
    }

    private async Task<ShelvedOverlay> MakeAsync(string? name, Func<string, CancellationToken, Task> write, CancellationToken ct)
    {
        using var claim = name is null ? null : store.ClaimFreeName("overlay", name, RequireFree);
        using var staged = store.Stage();
        var content = staged[ShelvedOverlay.ContentFile];
        await write(content, ct);
        File.SetUnixFileMode(content, UnixFileMode.UserRead);
        OverlaySummary summary;
        await using (var from = File.OpenRead(content))
            summary = await OverlayReader.SummaryAsync(from, ct);
        var header = summary.Header;
        if (header.BaseId == OverlayHeader.NoBase)
            throw new CloudletException(ErrorKind.InvalidInput, "this is an exported base, expected an overlay: import it as a base");
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        var overlay = new ShelvedOverlay(
            id,
            header.Id(),
            header.BaseId,
            header.FileLength,
            header.DiskPages * PageSize.Bytes,
            header.MemoryPages * PageSize.Bytes,
            header.Literals,
            DateTimeOffset.UtcNow
        )
        {
            Name = name,
            Project = store.Project,
            QemuVersion = summary.QemuVersion,
        };
        await File.WriteAllBytesAsync(
            staged[ShelvedOverlay.RecordFile],
            JsonSerializer.SerializeToUtf8Bytes(overlay, ShelfJson.Default.ShelvedOverlay),
            ct
        );
        staged.Publish(System.IO.Path.Combine(store.OverlaysFolder, id));
        return overlay with { Folder = staged.Path };
    }

    private void RequireFree(string name)
    {
        if (List().FirstOrDefault(o => o.Name == name && o.Project == store.Project) is { } other)
            throw new CloudletException(ErrorKind.AlreadyExists, $"overlay {other.Id} is named '{name}' already: choose another name");
    }

    private static ShelvedOverlay? Read(string folder)
    {
        try
        {
            var bytes = File.ReadAllBytes(System.IO.Path.Combine(folder, ShelvedOverlay.RecordFile));
            return
                JsonSerializer.Deserialize(bytes, ShelfJson.Default.ShelvedOverlay) is { } read
                && read.Id == System.IO.Path.GetFileName(folder)
                && HexPattern().IsMatch(read.BaseId)
                ? read with
                {
                    Folder = folder,
                }
                : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"^[0-9a-f]{64}\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex HexPattern();
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(ShelvedOverlay))]
internal sealed partial class ShelfJson : JsonSerializerContext;
