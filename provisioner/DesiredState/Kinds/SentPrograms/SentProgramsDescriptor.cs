using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Cloudlet.DesiredState.Kinds.SentPrograms;

/// <summary>Programs that are sent to the host beside the description; the section <c>service</c> adds one.</summary>
public sealed class SentProgramsDescriptor : KindDescriptor<SentProgramSpec>
{
    /// <inheritdoc/>
    public override string Word => SentProgramSpec.Word;

    /// <inheritdoc/>
    public override string NameHint => "/PATH";

    internal override IJsonTypeInfoResolver Json => SentProgramsJson.Default;

    internal override bool IsSound(SentProgramSpec spec) =>
        spec.Path is ['/', ..]
        && (SentProgramSpec.DigestIn(spec.Content) is not { } digest || (digest.Length == 64 && digest.All(char.IsAsciiHexDigitLower)));
}

/// <summary>JSON metadata of the kind's spec, generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(SentProgramSpec))]
internal sealed partial class SentProgramsJson : JsonSerializerContext;
