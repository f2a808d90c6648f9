using Cloudlet.OpenStack;

namespace Cloudlet.Resources.Cloud;

/// <summary>A collection of objects of one service.</summary>
/// <param name="Service">Type of the service.</param>
/// <param name="Path">Path of the collection.</param>
/// <param name="List">Name of the list in an answer.</param>
/// <param name="Item">Name of one object in requests and answers; null: they have none.</param>
internal sealed record CloudCollection(string Service, string Path, string List, string? Item)
{
    /// <summary>Name of one object in messages.</summary>
    public required string Noun { get; init; }

    /// <summary>Path and query that list it with all properties; null: <see cref="Path"/>.</summary>
    public string? ListPath { get; init; }

    /// <summary>Name of the filter for the objects of the account's project; null: their names are unique in the whole cloud.</summary>
    public string? Owner { get; init; }

    /// <summary>The method that changes an object.</summary>
    public HttpMethod Change { get; init; } = HttpMethod.Patch;

    public static CloudCollection Projects { get; } =
        new(Keystone.Type, "/projects", "projects", "project") { Noun = "project", ListPath = "/projects?domain_id=default" };

    public static CloudCollection Users { get; } =
        new(Keystone.Type, "/users", "users", "user") { Noun = "account", ListPath = "/users?domain_id=default" };

    public static CloudCollection Roles { get; } = new(Keystone.Type, "/roles", "roles", "role") { Noun = "role" };

    public static CloudCollection Services { get; } = new(Keystone.Type, "/services", "services", "service") { Noun = "service" };

    public static CloudCollection Endpoints { get; } = new(Keystone.Type, "/endpoints", "endpoints", "endpoint") { Noun = "endpoint" };

    public static CloudCollection Flavors { get; } =
        new(ServiceTypes.Compute, "/flavors", "flavors", "flavor") { Noun = "flavor", ListPath = "/flavors/detail?is_public=None" };

    public static CloudCollection Keypairs { get; } = new(ServiceTypes.Compute, "/os-keypairs", "keypairs", "keypair") { Noun = "keypair" };

    public static CloudCollection Images { get; } =
        new(ServiceTypes.Image, "/images", "images", Item: null) { Noun = "image", Owner = "owner" };

    public static CloudCollection Networks { get; } = OfNeutron("/networks", "networks", "network", "network");

    public static CloudCollection Subnets { get; } = OfNeutron("/subnets", "subnets", "subnet", "subnet");

    public static CloudCollection Routers { get; } = OfNeutron("/routers", "routers", "router", "router");

    public static CloudCollection SecurityGroups { get; } =
        OfNeutron("/security-groups", "security_groups", "security_group", "security group");

    private static CloudCollection OfNeutron(string path, string list, string item, string noun) =>
        new(ServiceTypes.Network, path, list, item)
        {
            Noun = noun,
            Owner = "project_id",
            Change = HttpMethod.Put,
        };
}
