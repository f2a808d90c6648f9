using System.Globalization;
using System.Text.Json.Serialization;
using Cloudlet.Stores.Items;

namespace Cloudlet.Stores.Oci;

/// <summary>A token of a registry.</summary>
internal sealed record RegistryToken
{
    /// <summary>Its value.</summary>
    public string? Token { get; set; }

    /// <summary>The name of <see cref="Token"/> in OAuth 2.</summary>
    [JsonPropertyName("access_token")]
    public string? AccessToken { get; set; }
}

/// <summary>The tags of a repository.</summary>
internal sealed record RegistryTags
{
    /// <summary>The tags; null: there are none.</summary>
    public List<string?>? Tags { get; set; }
}

/// <summary>A content in a manifest.</summary>
internal sealed record OciDescriptor
{
    /// <summary>Its media type.</summary>
    public string? MediaType { get; set; }

    /// <summary>Its digest.</summary>
    public string? Digest { get; set; }

    /// <summary>Its length.</summary>
    public long Size { get; set; }

    /// <summary>More about it.</summary>
    public Dictionary<string, string>? Annotations { get; set; }
}

/// <summary>The manifest of a base or an overlay: an artifact with one layer (OCI image specification 1.1).</summary>
internal sealed record OciManifest
{
    /// <summary>Media type of manifests.</summary>
    public const string Type = "application/vnd.oci.image.manifest.v1+json";

    /// <summary>Digest of the empty configuration, <see cref="EmptyContent"/>.</summary>
    public const string EmptyDigest = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    private const string EmptyType = "application/vnd.oci.empty.v1+json";
    private const string Prefix = "vnd.cloudlet.";
    private const string Created = "org.opencontainers.image.created";
    private const string Title = "org.opencontainers.image.title";

    /// <summary>The empty configuration.</summary>
    public static ReadOnlySpan<byte> EmptyContent => "{}"u8;

    /// <summary>Always 2.</summary>
    public int SchemaVersion { get; set; }

    /// <summary><see cref="Type"/>.</summary>
    public string? MediaType { get; set; }

    /// <summary>What the artifact is.</summary>
    public string? ArtifactType { get; set; }

    /// <summary>The empty configuration.</summary>
    public OciDescriptor? Config { get; set; }

    /// <summary>The file.</summary>
    public List<OciDescriptor?>? Layers { get; set; }

    /// <summary>The record of the item.</summary>
    public Dictionary<string, string>? Annotations { get; set; }

    /// <summary>Media type of a base or an overlay.</summary>
    public static string TypeOf(ItemKind kind) => $"application/vnd.cloudlet.{ItemKey.WordOf(kind)}.v1";

    /// <summary>The manifest of an item.</summary>
    public static OciManifest Of(StoredItem item)
    {
        var annotations = new Dictionary<string, string>
        {
            [$"{Prefix}kind"] = item.Key.KindName,
            [$"{Prefix}id"] = item.Key.Id,
            [$"{Prefix}name"] = item.Key.Name,
        };
        if (item.BaseId is { } baseId)
            annotations[$"{Prefix}base"] = baseId;
        if (item.QemuVersion is { } version)
            annotations[$"{Prefix}qemu"] = version;
        if (item.Pushed is { } pushed)
            annotations[Created] = pushed.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        return new OciManifest
        {
            SchemaVersion = 2,
            MediaType = Type,
            ArtifactType = TypeOf(item.Key.Kind),
            Config = new OciDescriptor
            {
                MediaType = EmptyType,
                Digest = EmptyDigest,
                Size = EmptyContent.Length,
            },
            Layers =
            [
                new OciDescriptor
                {
                    MediaType = TypeOf(item.Key.Kind),
                    Digest = $"sha256:{item.Sha256}",
                    Size = item.Length,
                    Annotations = new Dictionary<string, string> { [Title] = $"{item.Key.Name}.{item.Key.KindName}" },
                },
            ],
            Annotations = annotations,
        };
    }

    /// <summary>The item of a manifest; null when it is not one of ours, or not valid.</summary>
    public StoredItem? ToItem()
    {
        if (Layers is not [{ Digest: { } digest } layer] || !digest.StartsWith("sha256:", StringComparison.Ordinal))
            return null;
        var item = new ItemRecord
        {
            Format = ItemRecord.CurrentFormat,
            Kind = Value("kind"),
            Id = Value("id"),
            Name = Value("name"),
            Sha256 = digest[7..],
            Length = layer.Size,
            Base = Value("base"),
            QemuVersion = Value("qemu"),
            Pushed = DateTimeOffset.TryParse(
                Annotations?.GetValueOrDefault(Created),
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal,
                out var pushed
            )
                ? pushed
                : null,
        }.ToItem();
        return item is not null && layer.MediaType == TypeOf(item.Key.Kind) ? item : null;
    }

    private string? Value(string name) => Annotations?.GetValueOrDefault(Prefix + name);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(OciManifest))]
[JsonSerializable(typeof(RegistryToken))]
[JsonSerializable(typeof(RegistryTags))]
internal sealed partial class OciJson : JsonSerializerContext;
