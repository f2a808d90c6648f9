using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cloudlet.Stores.Items;

/// <summary>A base or an overlay as a store keeps it.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Sha256">SHA-256 of its file, 64 hexadecimal digits.</param>
/// <param name="Length">Length of its file in bytes.</param>
public sealed record StoredItem(ItemKey Key, string Sha256, long Length)
{
    /// <summary>Id of the base that an overlay belongs to; null for a base.</summary>
    public string? BaseId { get; init; }

    /// <summary>Version of the QEMU that wrote its device state; null: unknown, or without device state.</summary>
    public string? QemuVersion { get; init; }

    /// <summary>When it was pushed; null: unknown.</summary>
    public DateTimeOffset? Pushed { get; init; }
}

/// <summary>An item as JSON: one record of a folder or a bucket, or one entry of <c>index.json</c> (docs/guides/stores.md).</summary>
internal sealed record ItemRecord
{
    private const long MostBytes = 1L << 50;

    /// <summary>The only format so far.</summary>
    public const int CurrentFormat = 1;

    /// <summary><see cref="CurrentFormat"/>.</summary>
    public int Format { get; set; }

    /// <summary><c>base</c> or <c>overlay</c>.</summary>
    public string? Kind { get; set; }

    /// <summary>Id of its content.</summary>
    public string? Id { get; set; }

    /// <summary>Its name.</summary>
    public string? Name { get; set; }

    /// <summary>SHA-256 of its file.</summary>
    public string? Sha256 { get; set; }

    /// <summary>Length of its file.</summary>
    public long Length { get; set; }

    /// <summary>Base of an overlay.</summary>
    public string? Base { get; set; }

    /// <summary>QEMU that wrote its device state.</summary>
    public string? QemuVersion { get; set; }

    /// <summary>When it was pushed.</summary>
    public DateTimeOffset? Pushed { get; set; }

    /// <summary>The record of an item.</summary>
    public static ItemRecord Of(StoredItem item) =>
        new()
        {
            Format = CurrentFormat,
            Kind = item.Key.KindName,
            Id = item.Key.Id,
            Name = item.Key.Name,
            Sha256 = item.Sha256,
            Length = item.Length,
            Base = item.BaseId,
            QemuVersion = item.QemuVersion,
            Pushed = item.Pushed,
        };

    /// <summary>The item; null when something in the record is not valid.</summary>
    public StoredItem? ToItem() =>
        Format == CurrentFormat
        && ItemKey.TryCreate(Kind, Id, Name) is { } key
        && ItemKey.IsDigest(Sha256)
        && Length is > 0 and < MostBytes
        && (key.Kind == ItemKind.Base ? Base is null : ItemKey.IsDigest(Base))
            ? new StoredItem(key, Sha256!, Length)
            {
                BaseId = Base,
                QemuVersion =
                    QemuVersion is { Length: <= 40 } version && version.All(static c => char.IsAsciiDigit(c) || c == '.') ? version : null,
                Pushed = Pushed,
            }
            : null;

    /// <summary>The record as bytes.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, ItemJson.Default.ItemRecord);

    /// <summary>The item in a record; null when it is not valid.</summary>
    public static StoredItem? Parse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, ItemJson.Default.ItemRecord)?.ToItem();
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>What <c>index.json</c> holds: every item of a folder, for readers that can't list it.</summary>
internal sealed record ItemIndex
{
    /// <summary><see cref="ItemRecord.CurrentFormat"/>.</summary>
    public int Format { get; set; }

    /// <summary>The items.</summary>
    public List<ItemRecord?>? Items { get; set; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true
)]
[JsonSerializable(typeof(ItemRecord))]
[JsonSerializable(typeof(ItemIndex))]
internal sealed partial class ItemJson : JsonSerializerContext;
