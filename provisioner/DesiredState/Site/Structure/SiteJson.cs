using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Site.Structure;

/// <summary>
/// Metadata of the sections, generated at build time: it defines the keys of a site file, and builds the sections.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true
)]
[JsonSerializable(typeof(SiteSection))]
internal sealed partial class SiteJson : JsonSerializerContext
{
    /// <summary>Key of a host after which the sections of the kinds are inserted.</summary>
    private const string Before = "boot";

    /// <summary>Metadata of a whole site file, including the sections of all kinds.</summary>
    public static JsonTypeInfo<SiteSection> Site => (JsonTypeInfo<SiteSection>)Whole.GetTypeInfo(typeof(SiteSection));

    /// <summary>Metadata of one host.</summary>
    public static JsonTypeInfo<HostSection> Host => (JsonTypeInfo<HostSection>)Whole.GetTypeInfo(typeof(HostSection));

    private static JsonSerializerOptions? s_whole;

    private static JsonSerializerOptions Whole =>
        s_whole ??= new JsonSerializerOptions(Default.Options)
        {
            TypeInfoResolver = JsonTypeInfoResolver
                .Combine([Default, .. KindDescriptors.All.Select(static k => k.Json)])
                .WithAddedModifier(AddSections),
        };

    private static void AddSections(JsonTypeInfo info)
    {
        if (info.Type != typeof(HostSection))
            return;
        var at = info.Properties.TakeWhile(static p => p.Name != Before).Count() + 1;
        foreach (var section in ISection.All)
            info.Properties.Insert(at++, section.Json(info.Options));
    }
}
