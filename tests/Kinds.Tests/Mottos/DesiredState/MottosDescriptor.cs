using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.Kinds.Tests.Mottos.DesiredState;

/// <summary>Mottos: a kind that the program does not know.</summary>
public sealed class MottosDescriptor : SectionDescriptor<MottoSpec, MottoSection>
{
    public override string Word => MottoSpec.Word;

    public override string Section => HostMottos.Key;

    public override string Help => "Mottos, by name.";

    public override string NamePattern => "^[a-z]+$";

    public override IReadOnlyDictionary<string, string> RenamedKeys { get; } = new Dictionary<string, string> { ["line"] = "text" };

    internal override IJsonTypeInfoResolver Json => MottosJson.Default;

    internal override void Check(HostCheck host)
    {
        foreach (var (name, motto) in host.Host.Mottos ?? new Dictionary<string, MottoSection>())
            if (motto.Text is null)
                host.Report.Missing("a motto needs `text`", Section, name);
            else if (motto.Text.Contains('\n'))
                host.Report.Value("a motto is one line", Section, name, "text");
    }

    internal override IEnumerable<ResourceSpec> Compile(HostCompilation host) =>
        (host.Section.Mottos ?? new Dictionary<string, MottoSection>()).Select(m => new MottoSpec
        {
            Id = IdOf(m.Key),
            Name = m.Key,
            Line = string.Join(' ', Enumerable.Repeat(m.Value.Text, m.Value.Times ?? 1)),
        });

    internal override bool IsSound(MottoSpec spec) => spec.Name is { Length: > 0 };
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(IReadOnlyDictionary<string, MottoSection>))]
[JsonSerializable(typeof(MottoSpec))]
internal sealed partial class MottosJson : JsonSerializerContext;
