using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Cloudlet.DesiredState.Kinds.Programs;

/// <summary>The program of the health daemon; the section <c>health</c> adds it.</summary>
public sealed class ProgramsDescriptor : KindDescriptor<ProgramSpec>
{
    /// <inheritdoc/>
    public override string Word => ProgramSpec.Word;

    internal override IJsonTypeInfoResolver Json => ProgramsJson.Default;

    internal override bool IsSound(ProgramSpec spec) => spec.Path is ['/', ..];
}

/// <summary>JSON metadata of the kind's section and spec, generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(ProgramSpec))]
internal sealed partial class ProgramsJson : JsonSerializerContext;
