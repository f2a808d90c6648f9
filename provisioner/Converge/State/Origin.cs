using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudlet.DesiredState;

namespace Cloudlet.Converge.State;

/// <summary>How a host was before our first run, as far as any run changed it. A journal knows one run; this is what the journals before it knew.</summary>
public sealed record Origin
{
    /// <summary>Resources that were there and were changed, as they were.</summary>
    public IReadOnlyList<ResourceSpec> Before { get; init; } = [];

    /// <summary>Resources that were absent and were made.</summary>
    public IReadOnlyList<ResourceSpec> Created { get; init; } = [];

    /// <summary>True when no run has changed anything.</summary>
    [JsonIgnore]
    public bool IsEmpty => Before.Count == 0 && Created.Count == 0;

    /// <summary>The same with what a run found; what is known of a resource from an earlier run is older, so it stays. A run that went back changed nothing.</summary>
    public Origin With(Journal? run)
    {
        if (run is null or { Status: RunStatus.RolledBack })
            return this;
        var known = Before.Concat(Created).Select(static r => r.Id).ToHashSet(StringComparer.Ordinal);
        return new Origin
        {
            Before = [.. Before, .. run.Before.Where(r => known.Add(r.Id))],
            Created = [.. Created, .. run.Created.Where(r => known.Add(r.Id))],
        };
    }

    /// <summary>The origin as JSON.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, OriginJson.Default.Origin);

    /// <summary>Reads an origin.</summary>
    /// <exception cref="JsonException">The bytes are none.</exception>
    public static Origin Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, OriginJson.Default.Origin) ?? throw new JsonException("an origin is a JSON object, found null");
}

/// <summary>How origins are written as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Origin))]
internal sealed partial class OriginJson : JsonSerializerContext;
