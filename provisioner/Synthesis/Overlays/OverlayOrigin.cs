using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudlet.Synthesis.Manifests;
using Cloudlet.Synthesis.Refusals;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>What wrote the device state of an overlay. Unknown properties are ignored.</summary>
/// <param name="QemuVersion">Such as 7.2.22. An older QEMU may not understand the state.</param>
internal sealed record OverlayOrigin(string QemuVersion)
{
    /// <summary>As JSON in UTF-8.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, OriginJson.Default.OverlayOrigin);

    /// <summary>Reads an origin; InvalidInput when it is damaged.</summary>
    public static OverlayOrigin Parse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return
                JsonSerializer.Deserialize(bytes, OriginJson.Default.OverlayOrigin) is { } origin
                && VmDefinition.IsVersion(origin.QemuVersion)
                ? origin
                : throw new JsonException("expected a version of QEMU such as 7.2.22");
        }
        catch (JsonException e)
        {
            throw OverlayRefusedException.Damaged(
                OverlayRefusalCode.BadOrigin,
                $"its origin can't be read ({e.Message})",
                "JSON with a version of QEMU",
                inner: e
            );
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(OverlayOrigin))]
internal sealed partial class OriginJson : JsonSerializerContext;
