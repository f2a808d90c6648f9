using System.ComponentModel;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.CloudFlavors;

/// <summary>One flavor (size of servers) of the cloud.</summary>
[Description("One flavor (size of servers) of the cloud.")]
public sealed record CloudFlavorSection
{
    /// <summary>Ram.</summary>
    [Description("Memory in MiB.")]
    [SchemaRange(1, CloudFlavorsDescriptor.Most)]
    public int? Ram { get; init; }

    /// <summary>Vcpus.</summary>
    [Description("Virtual processors.")]
    [SchemaRange(1, 1024)]
    public int? Vcpus { get; init; }

    /// <summary>Disk.</summary>
    [Description("Root disk in GiB (default: 0, the size of the image).")]
    [SchemaRange(0, CloudFlavorsDescriptor.Most)]
    public int? Disk { get; init; }

    /// <summary>Public.</summary>
    [Description("Whether every project may use it (default: true).")]
    public bool? Public { get; init; }

    /// <summary>ExtraSpecs.</summary>
    [Description("Its extra specs, e.g. `hw:cpu_policy: dedicated`; it has no others.")]
    public IReadOnlyDictionary<string, string>? ExtraSpecs { get; init; }
}

/// <summary>The section <c>cloudFlavors</c> of a host.</summary>
public static class HostCloudFlavors
{
    /// <summary>Key of the section.</summary>
    public const string Key = "cloudFlavors";

    extension(HostSection host)
    {
        /// <summary>Name → flavor.</summary>
        public IReadOnlyDictionary<string, CloudFlavorSection>? CloudFlavors
        {
            get => host.Section<CloudFlavorSection>(Key);
            internal set => host.SetSection(Key, value);
        }
    }
}
