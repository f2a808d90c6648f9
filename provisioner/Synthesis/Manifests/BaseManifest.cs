using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Cloudlet.Synthesis.Refusals;

namespace Cloudlet.Synthesis.Manifests;

/// <summary>Length and digest of a part of a base.</summary>
/// <param name="Length">Bytes.</param>
/// <param name="Digest">Of its content, 64 hexadecimal digits: SHA-256 for device state, <see cref="Pages.ContentDigest"/> for disk and
/// memory.</param>
public sealed record BasePart(long Length, string Digest);

/// <summary>Describes a base. Its SHA-256 is the base's id, so everything else can be verified against the id.</summary>
public sealed partial record BaseManifest
{
    /// <summary>The only format so far.</summary>
    public const int CurrentFormat = 1;

    /// <summary><see cref="CurrentFormat"/>.</summary>
    public required int Format { get; init; }

    /// <summary>The machine; null for a disk alone.</summary>
    public VmDefinition? Definition { get; init; }

    /// <summary>The disk, raw.</summary>
    public required BasePart Disk { get; init; }

    /// <summary>
    /// Guest memory when the base was sealed, raw, as offsets in the machine's only memory backend; null for a disk alone.
    /// </summary>
    public BasePart? Memory { get; init; }

    /// <summary>Device state when the base was sealed; null for a disk alone.</summary>
    public BasePart? Devices { get; init; }

    /// <summary>True when it can be resumed, false when it can only be booted.</summary>
    [JsonIgnore]
    public bool IsSealed => Definition is not null && Memory is not null && Devices is not null;

    /// <summary>The id: 64 hexadecimal digits.</summary>
    public string Id() => Convert.ToHexStringLower(SHA256.HashData(ToBytes()));

    /// <summary>The QEMU version in a manifest; null for a disk alone. InvalidInput when it is not a valid version.</summary>
    internal static string? QemuVersionOf(ReadOnlySpan<byte> manifest)
    {
        try
        {
            var version = JsonSerializer.Deserialize(manifest, ManifestJson.Default.BaseManifest)?.Definition?.QemuVersion;
            return version is null || VmDefinition.IsVersion(version)
                ? version
                : throw new JsonException("expected a version of QEMU such as 7.2.22");
        }
        catch (JsonException e)
        {
            throw OverlayRefusedException.Damaged(OverlayRefusalCode.BadManifest, $"its manifest can't be read ({e.Message})", inner: e);
        }
    }

    /// <summary>Every invalid length and digest, as messages; empty when all are valid. Manifests come from untrusted files.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        foreach (var (name, part) in new[] { ("disk", Disk), ("memory", Memory), ("devices", Devices) })
        {
            if (part is { Length: < 0 })
                problems.Add($"its manifest gives its {name} {part.Length} bytes, expected 0 or more");
            if (part is not null && !DigestPattern().IsMatch(part.Digest))
                problems.Add($"its manifest gives its {name} the digest '{part.Digest}', expected 64 hexadecimal digits");
        }

        return problems;
    }

    [GeneratedRegex(@"^[0-9a-f]{64}\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex DigestPattern();

    /// <summary>Canonical JSON: properties in the order of this record, no spaces.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, ManifestJson.Default.BaseManifest);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow
)]
[JsonSerializable(typeof(BaseManifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;
