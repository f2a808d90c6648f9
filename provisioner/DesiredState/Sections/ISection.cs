using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Cloudlet.DesiredState.Sections;

/// <summary>A kind with a section below a host.</summary>
internal interface ISection
{
    /// <summary>The kind.</summary>
    KindDescriptor Kind { get; }

    /// <summary>Key of the section below a host.</summary>
    string Section { get; }

    /// <summary>All kinds that have one, in compilation order.</summary>
    static IEnumerable<ISection> All => KindDescriptors.All.OfType<ISection>();

    /// <summary>The section as a property of <see cref="HostSection"/>.</summary>
    JsonPropertyInfo Json(JsonSerializerOptions options);

    /// <summary>The names of the resources that a host has in the section.</summary>
    IEnumerable<string> NamesIn(HostSection host);

    /// <summary>Reports every error of the section that its shape does not rule out.</summary>
    void Check(HostCheck host);

    /// <summary>The host with the section's paths that are relative to a site file made absolute.</summary>
    HostSection WithResolvedPaths(HostSection host, HostTree tree);

    /// <summary>Ids of its resources that packages wait for, because their scripts must find them.</summary>
    IEnumerable<string> BeforePackages(HostSection host);

    /// <summary>The resources of the section, in any order.</summary>
    IEnumerable<ResourceSpec> Compile(HostCompilation host);
}
