using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Cloudlet.DesiredState;

/// <summary>
/// The desired state of one host, fully rendered: using it requires neither YAML nor templates. It is what is sent to a remote host, to
/// the health daemon and to a Pulumi resource. Equivalent states have the same bytes and the same <see cref="Digest"/>. The format is
/// described in docs/formats/host-state.md.
/// </summary>
public sealed record HostState
{
    /// <summary>Version of the format that this program writes and reads.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Version of the format.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>Name of the host in its site.</summary>
    public required string Host { get; init; }

    /// <summary>The desired resources, sorted by id.</summary>
    public required IReadOnlyList<ResourceSpec> Resources { get; init; }

    /// <summary>Creates a state with its resources and their sets in canonical order.</summary>
    public static HostState Create(string host, IEnumerable<ResourceSpec> resources) =>
        new() { Host = host, Resources = [.. resources.Select(Canonical.Sort).OrderBy(r => r.Id, StringComparer.Ordinal)] };

    /// <summary><c>sha256:</c> and the hex SHA-256 of the canonical bytes.</summary>
    [JsonIgnore]
    public string Digest => _digest ??= "sha256:" + Convert.ToHexStringLower(SHA256.HashData(ToBytes()));

    private string? _digest;

    /// <summary>The canonical JSON, UTF-8, without white space.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, HostStateJson.Canonical.HostState);

    /// <summary>The same state as <see cref="ToBytes"/>, indented for people.</summary>
    public string ToIndentedJson() => JsonSerializer.Serialize(this, HostStateJson.Indented.HostState);

    /// <summary>Reads a state.</summary>
    /// <exception cref="JsonException">The bytes are not a HostState of a version this program knows.</exception>
    public static HostState Parse(ReadOnlySpan<byte> json)
    {
        var state =
            JsonSerializer.Deserialize(json, HostStateJson.Canonical.HostState)
            ?? throw new JsonException("a HostState is a JSON object, found null");
        return state.Version == CurrentVersion
            ? state
            : throw new JsonException($"HostState version {state.Version}: this program reads version {CurrentVersion}");
    }

    /// <summary>States are equal when their canonical bytes are equal.</summary>
    public bool Equals(HostState? other) => other is not null && Digest == other.Digest;

    /// <inheritdoc/>
    public override int GetHashCode() => Digest.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => $"{Host} ({Resources.Count} resources, {Digest})";

    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append(ToString());
        return true;
    }
}

/// <summary>JSON settings of HostStates and their parts; the metadata is generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow
)]
[JsonSerializable(typeof(HostState))]
[JsonSerializable(typeof(ResourceSpec))]
public sealed partial class HostStateJson : JsonSerializerContext
{
    /// <summary>Without white space, non-ASCII text unescaped.</summary>
    public static HostStateJson Canonical => s_canonical ??= With(indented: false);

    /// <summary>Two-space indentation.</summary>
    public static HostStateJson Indented => s_indented ??= With(indented: true);

    private static HostStateJson? s_canonical;
    private static HostStateJson? s_indented;

    /// <summary>JSON settings of the specs of a kind, with the kind's own metadata.</summary>
    internal static JsonSerializerOptions For(IJsonTypeInfoResolver kind) => new(Default.Options) { TypeInfoResolver = kind };

    private static HostStateJson With(bool indented) =>
        new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, WriteIndented = indented });
}
