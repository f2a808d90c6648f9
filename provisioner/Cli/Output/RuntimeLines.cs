using System.Text.Json.Serialization;
using Cloudlet.Synthesis.Manifests;

namespace Cloudlet.Cli.Output;

/// <summary>A base as one line of JSON.</summary>
internal sealed record BaseLine(string Id, string? Name, bool Sealed, string Folder, BaseManifest Manifest);

/// <summary>A VM as one line of JSON.</summary>
internal sealed record VmLine(
    string Id,
    string? Name,
    string Base,
    string State,
    int? Pid,
    IReadOnlyList<VmForwardLine> Forwards,
    DateTimeOffset Created,
    string? Folder
)
{
    /// <summary>The project that it belongs to.</summary>
    public string? Project { get; init; }

    /// <summary>Note about the guest's clock; only after a resume.</summary>
    public string? Clock { get; init; }

    /// <summary>Milliseconds from the command to the guest's first instruction; only after a resume.</summary>
    public double? ResumeMs { get; init; }
}

/// <summary>A port of this machine that is forwarded to a VM.</summary>
internal sealed record VmForwardLine(int Host, int Guest);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(BaseLine))]
[JsonSerializable(typeof(VmLine))]
internal sealed partial class RuntimeJson : JsonSerializerContext;
