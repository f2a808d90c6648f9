using System.ComponentModel;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Schemas;

/// <summary>One schema.</summary>
[Description("The tables of one service of OpenStack.")]
public sealed record SchemaSection
{
    /// <summary>The service.</summary>
    [Description("The service: glance, keystone, neutron, nova, nova-api or placement (default: the name of the schema).")]
    [SchemaPattern("^(glance|keystone|neutron|nova|nova-api|placement)$")]
    public string? Project { get; init; }

    /// <summary>Its databases.</summary>
    [Description("Databases of this host that hold its tables (default: the usual one; for nova: nova and nova_cell0).")]
    public IReadOnlyList<string>? Databases { get; init; }
}

/// <summary>The section <c>schemas</c> of a host.</summary>
public static class HostSchemas
{
    /// <summary>Key of the section.</summary>
    public const string Key = "schemas";

    extension(HostSection host)
    {
        /// <summary>Name → schema.</summary>
        public IReadOnlyDictionary<string, SchemaSection?>? Schemas
        {
            get => host.Section<SchemaSection?>(Key);
            internal set => host.SetSection(Key, value);
        }
    }
}
