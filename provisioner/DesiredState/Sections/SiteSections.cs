using System.Collections.Immutable;
using System.ComponentModel;
using System.Text.Json.Serialization;

namespace Cloudlet.DesiredState.Sections;

/// <summary>
/// A site as its files describe it: the root of a site file. Property names are the keys of the YAML in camelCase; a
/// <see cref="DescriptionAttribute"/> becomes the help of the JSON Schema.
/// </summary>
[Description("A site: cloudlet hosts and their descriptions.")]
public sealed record SiteSection
{
    /// <summary>Name of the site.</summary>
    [Description("Name of the site, used in messages.")]
    public string? Site { get; init; }

    /// <summary>What every host inherits.</summary>
    [Description("What every host inherits; a host's own keys win, and a null there removes the inherited entry.")]
    public HostSection? Defaults { get; init; }

    /// <summary>Host name → host.</summary>
    [Description("The hosts, by name.")]
    [SchemaNames("^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$")]
    public IReadOnlyDictionary<string, HostSection>? Hosts { get; init; }
}

/// <summary>How a host applies its links at boot.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<BootNetwork>))]
public enum BootNetwork
{
    /// <summary>systemd-networkd: .netdev and .network files.</summary>
    [JsonStringEnumMemberName("networkd")]
    Networkd,

    /// <summary>ifupdown: /etc/network/interfaces.d.</summary>
    [JsonStringEnumMemberName("ifupdown")]
    Ifupdown,

    /// <summary>No boot configuration: links last until the next boot.</summary>
    [JsonStringEnumMemberName("none")]
    None,
}

/// <summary>One host.</summary>
[Description("One host: how to reach it, and its description.")]
public sealed record HostSection
{
    /// <summary>How to reach the host.</summary>
    [Description(
        "How to reach the host: local (the default), ssh://user@host:port, or netns://name for a network namespace of this machine "
            + "(links only)."
    )]
    [SchemaPattern("^(local|ssh://.+|netns://.+)$")]
    public string? Reach { get; init; }

    /// <summary>The program that applies the links at boot.</summary>
    [Description("Which program of the host applies the links at boot: networkd (the default), ifupdown, or none.")]
    public BootNetwork? Boot { get; init; }

    /// <summary>The host's role for Nova.</summary>
    [Description(
        "The host's role for Nova: it represents the packages, files, units and links of a cloudlet's single node, controller "
            + "or compute host."
    )]
    public NovaSection? Nova { get; init; }

    /// <summary>The host's role in a cloud.</summary>
    [Description("The host's role in a cloud of OpenStack: it represents everything that an all-in-one, controller or compute host needs.")]
    [JsonPropertyName("openstack")]
    public OpenStackSection? OpenStack { get; init; }

    /// <summary>The health daemon.</summary>
    [Description("The health daemon, which keeps the host as described; `health: {}` installs it with its defaults.")]
    public HealthSection? Health { get; init; }

    /// <summary>The cloudlet service.</summary>
    [Description("The cloudlet service, an API for bases, VMs and overlays; `service: {}` installs it with its defaults.")]
    public ServiceSection? Service { get; init; }

    /// <summary>The cloud that the host's sections describe objects of.</summary>
    [Description("Where a cloud answers, for the sections that describe its projects, users, networks and others.")]
    public CloudSection? Cloud { get; init; }

    /// <summary>Values that every template of the host sees.</summary>
    [Description("Values that every template of the host sees.")]
    public IReadOnlyDictionary<string, TemplateValue>? Values { get; init; }

    private ImmutableDictionary<string, object> _sections = ImmutableDictionary<string, object>.Empty;

    /// <summary>The section of a kind of resources, name → description; null when the host has none.</summary>
    /// <param name="key">The kind's key, such as <c>links</c>.</param>
    /// <typeparam name="TSection">The kind's description of one resource.</typeparam>
    internal IReadOnlyDictionary<string, TSection>? Section<TSection>(string key) =>
        _sections.GetValueOrDefault(key) as IReadOnlyDictionary<string, TSection>;

    /// <summary>Sets the section of a kind; only for object initializers, before other code uses the host.</summary>
    internal void SetSection(string key, object? section) =>
        _sections = section is null ? _sections.Remove(key) : _sections.SetItem(key, section);
}

/// <summary>The health daemon of a host.</summary>
[Description("The health daemon: it keeps the host as described, reacting to events, also after a reboot.")]
public sealed record HealthSection
{
    /// <summary>Seconds between full checks.</summary>
    [Description("Seconds between two full checks, which find changes without an event (default 600).")]
    [SchemaRange(10, 86400)]
    public int? FullLook { get; init; }

    /// <summary>Heals at once.</summary>
    [Description("How many heals of one resource may follow each other without a pause (default 10).")]
    [SchemaRange(1, 10000)]
    public int? Burst { get; init; }

    /// <summary>Heals a minute.</summary>
    [Description("How many further heals of one resource are allowed per minute (default 6).")]
    [SchemaRange(1, 6000)]
    public int? PerMinute { get; init; }

    /// <summary>Consecutive failures.</summary>
    [Description("After how many failures in a row a resource is given up, with an alarm, until something changes (default 5).")]
    [SchemaRange(1, 1000)]
    public int? GiveUpAfter { get; init; }

    /// <summary>What to do with outdated processes.</summary>
    [Description(
        "What to do with processes that run with an outdated configuration: restart them (auto, the default), or report that a "
            + "restart is due and wait (deferred)."
    )]
    public Health.Restarts? Restarts { get; init; }

    /// <summary>Address where metrics are read.</summary>
    [Description("Address and port of this host where Prometheus reads metrics, e.g. 127.0.0.1:9810 (default: nowhere).")]
    [SchemaPattern("^[^\\s]+:[0-9]{1,5}$")]
    public string? Metrics { get; init; }

    /// <summary>Address that metrics are sent to.</summary>
    [Description("Base address of an OTLP/HTTP collector that metrics are sent to, e.g. http://127.0.0.1:4318 (default: none).")]
    [SchemaPattern("^https?://.+")]
    public string? Otlp { get; init; }

    /// <summary>Command that runs on an alarm.</summary>
    [Description(
        "Program (absolute path) and arguments that are run when an alarm is raised or cleared, with the alarm as JSON on standard input."
    )]
    public IReadOnlyList<string>? OnAlarm { get; init; }

    /// <summary>Address that alarms are posted to.</summary>
    [Description("Name of a secret of this host that holds the URL to which alarms are posted as JSON.")]
    public string? Webhook { get; init; }
}
