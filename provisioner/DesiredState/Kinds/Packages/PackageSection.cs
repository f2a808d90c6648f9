using System.ComponentModel;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Packages;

/// <summary>One package.</summary>
[Description("One package of the distribution.")]
public sealed record PackageSection
{
    /// <summary>Whether it is installed.</summary>
    [Description("True (the default): installed; false: not installed.")]
    public bool? Installed { get; init; }

    /// <summary>Exact version.</summary>
    [Description("The exact version (default: any).")]
    public string? Version { get; init; }

    /// <summary>Other resources that have to be as described first.</summary>
    [Description("Ids of resources that must be as described before the package is touched, such as condition:mirror.")]
    [SchemaIds]
    public IReadOnlyList<string>? After { get; init; }
}

/// <summary>The section <c>packages</c> of a host.</summary>
public static class HostPackages
{
    /// <summary>Key of the section.</summary>
    public const string Key = "packages";

    extension(HostSection host)
    {
        /// <summary>Package name → package.</summary>
        public IReadOnlyDictionary<string, PackageSection?>? Packages
        {
            get => host.Section<PackageSection?>(Key);
            internal set => host.SetSection(Key, value);
        }
    }
}
