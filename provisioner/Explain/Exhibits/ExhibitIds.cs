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

    /// <summary>True for a valid id: a word, a colon or none, printable ASCII without spaces.</summary>
    internal static bool IsValid(string id) => id.Length is > 0 and <= BundleLimits.Id && !id.AsSpan().ContainsAnyExceptInRange('!', '~');
}
