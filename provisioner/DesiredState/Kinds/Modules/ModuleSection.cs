using System.ComponentModel;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Modules;

/// <summary>One kernel module.</summary>
[Description("One kernel module.")]
public sealed record ModuleSection
{
    /// <summary>Module options.</summary>
    [Description("Options for modprobe.d, e.g. numdummies: 0. The module dummy gets numdummies=0 by default.")]
    public IReadOnlyDictionary<string, string>? Options { get; init; }

    /// <summary>Other resources that have to be as described first.</summary>
    [Description("Ids of resources that must be as described before the module is touched, such as condition:mirror.")]
    [SchemaIds]
    public IReadOnlyList<string>? After { get; init; }
}

/// <summary>The section <c>modules</c> of a host.</summary>
public static class HostModules
{
    /// <summary>Key of the section.</summary>
    public const string Key = "modules";

    extension(HostSection host)
    {
        /// <summary>Module name → module.</summary>
        public IReadOnlyDictionary<string, ModuleSection?>? Modules
        {
            get => host.Section<ModuleSection?>(Key);
            internal set => host.SetSection(Key, value);
        }
    }
}
