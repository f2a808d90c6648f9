using System.Text.Json.Serialization;

namespace Cloudlet.Resources.Units;

/// <summary>What a run of a unit has loaded.</summary>
internal sealed record UnitStamp
{
    /// <summary>The run that it is about.</summary>
    public required string InvocationId { get; init; }

    /// <summary>Path → SHA-256 of the content, in hex.</summary>
    public required IReadOnlyDictionary<string, string> Digests { get; init; }
}

/// <summary>How stamps are written as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(UnitStamp))]
internal sealed partial class UnitStampJson : JsonSerializerContext;
