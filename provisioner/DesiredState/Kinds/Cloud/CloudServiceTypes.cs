using Cloudlet.DesiredState.Kinds.Conditions;
using Cloudlet.DesiredState.Kinds.Units;

namespace Cloudlet.DesiredState.Kinds.Cloud;

/// <summary>The services that the kinds of a cloud ask, and the units of Debian that run them.</summary>
internal static class CloudServiceTypes
{
    public const string Identity = "identity";
    public const string Compute = "compute";
    public const string Image = "image";
    public const string Network = "network";

    /// <summary>The units of a service's API.</summary>
    private static readonly Dictionary<string, string[]> Units = new(StringComparer.Ordinal)
    {
        [Identity] = ["keystone.service", "apache2.service"],
        [Compute] = ["nova-api.service"],
        [Image] = ["glance-api.service"],
        [Network] = ["neutron-api.service", "neutron-rpc-server.service", "neutron-server.service"],
    };

    /// <summary>Types of services other than Keystone.</summary>
    public static IEnumerable<string> Others => Units.Keys.Where(static type => type != Identity);

    /// <summary>Ids of the units of a service.</summary>
    public static IEnumerable<string> UnitsOf(string type) => Units[type].Select(UnitSpec.IdOf);

    /// <summary>Name of the condition that a service answers.</summary>
    public static string ConditionOf(string type) => $"cloud-{type}";

    /// <summary>Ids of everything that must be as described before a service is asked; each request needs a token of Keystone.</summary>
    public static IEnumerable<string> NeededFor(string type) =>
        new[] { Identity, type }.Distinct().SelectMany(static t => UnitsOf(t).Append(ConditionSpec.IdOf(ConditionOf(t))));
}
