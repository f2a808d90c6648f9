namespace Cloudlet.Explain.Exhibits;

/// <summary>Names of exhibits. The part before the colon determines the format of the text.</summary>
public static class ExhibitIds
{
    /// <summary>Nova's services.</summary>
    public const string Services = "api:os-services";

    /// <summary>Nova's hypervisors.</summary>
    public const string Hypervisors = "api:os-hypervisors/detail";

    /// <summary>Placement's providers.</summary>
    public const string Providers = "placement:resource_providers";

    /// <summary>Hosts that are mapped to cells.</summary>
    public const string MappedHosts = "cells:hosts";

    /// <summary>Links and their addresses.</summary>
    public const string Links = "links";

    /// <summary>The host's clock beside that of the API.</summary>
    public const string Clock = "clock";

    /// <summary>Whether the brokers of transport_url accept connections.</summary>
    public const string Broker = "broker";

    /// <summary>Neutron's agents.</summary>
    public const string Agents = "agents";

    /// <summary>Whether Keystone accepts the accounts that the configuration names.</summary>
    public const string Logins = "logins";

    /// <summary>Whether the endpoints of the catalog answer.</summary>
    public const string Endpoints = "endpoints";

    /// <summary>Whether the database server accepts the accounts that the configuration names.</summary>
    public const string Databases = "databases";

    /// <summary>Connections of the database server, and their limit.</summary>
    public const string DatabaseStatus = "database-status";

    /// <summary>Whether tables are those of the installed release.</summary>
    public const string Schemas = "schemas";

    /// <summary>Space on the disks of the cloud.</summary>
    public const string Disks = "disks";

    /// <summary>Whether the caches of tokens accept connections.</summary>
    public const string Caches = "caches";

    /// <summary>When the certificates of the endpoints are valid.</summary>
    public const string Certificates = "certificates";

    /// <summary>The way of a guest's request for metadata.</summary>
    public const string Metadata = "metadata";

    /// <summary>Settings of Open vSwitch that OVN uses, its bridges, and its socket.</summary>
    public const string Switch = "switch";

    /// <summary>The chassis that OVN knows.</summary>
    public const string Chassis = "chassis";

    /// <summary>Mappings of Nova's cells.</summary>
    public const string Cells = "cells:mappings";

    /// <summary>Ports of the server or with the id in question.</summary>
    public const string Ports = "api:ports";

    /// <summary>Subnets of the cloud.</summary>
    public const string Subnets = "api:subnets";

    /// <summary>How many addresses of each network are in use.</summary>
    public const string Availability = "api:network-ip-availabilities";

    /// <summary>Names of the host.</summary>
    public const string Host = "host";

    /// <summary>Properties of a systemd unit.</summary>
    public static string Unit(string name) => $"unit:{name}";

    /// <summary>State of the main process of a unit, as the kernel has it.</summary>
    public static string Process(string unit) => $"process:{unit}";

    /// <summary>What a unit wrote to the journal; parse errors appear nowhere else.</summary>
    public static string Journal(string unit) => $"journal:{unit}";

    /// <summary>A configuration file.</summary>
    public static string Configuration(string path) => $"config:{path}";

    /// <summary>Whether a unit's process runs with what is on disk.</summary>
    public static string Freshness(string unit) => $"freshness:{unit}";

    /// <summary>Log file of a service, without <c>.log</c>.</summary>
    public static string Log(string service) => $"log:{service}";

    /// <summary>A server, with its fault.</summary>
    public static string Server(string id) => $"api:servers/{id}";

    /// <summary>A flavor.</summary>
    public static string Flavor(string id) => $"api:flavors/{id}";

    /// <summary>The inventories of a provider.</summary>
    public static string Inventories(string provider) => $"{Providers}/{provider}/inventories";

    /// <summary>The usages of a provider.</summary>
    public static string Usages(string provider) => $"{Providers}/{provider}/usages";

    /// <summary>Traits of a provider.</summary>
    public static string Traits(string provider) => $"{Providers}/{provider}/traits";

    /// <summary>An image.</summary>
    public static string Image(string id) => $"api:images/{id}";

    /// <summary>The quota of a project, and what is in use.</summary>
    public static string Quota(string project) => $"api:os-quota-sets/{project}";

    /// <summary>An account of the cloud, by its name.</summary>
    public static string Account(string name) => $"api:users/{name}";

    /// <summary>Roles of that account.</summary>
    public static string Roles(string name) => $"api:role_assignments/{name}";

    /// <summary>True for a valid id: a word, a colon or none, printable ASCII without spaces.</summary>
    internal static bool IsValid(string id) => id.Length is > 0 and <= BundleLimits.Id && !id.AsSpan().ContainsAnyExceptInRange('!', '~');
}
