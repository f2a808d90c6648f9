using System.Text.Json.Serialization;

namespace Cloudlet.Explain.Findings;

/// <summary>Why a host, or its cloud, does not do what it should. docs/guides/explain.md has a line for each.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CauseKind>))]
public enum CauseKind
{
    /// <summary>The host has a name other than the one that Nova knows.</summary>
    [JsonStringEnumMemberName("name-changed")]
    NameChanged,

    /// <summary>The host's clock is so far off that its reports look old.</summary>
    [JsonStringEnumMemberName("clock-skew")]
    ClockSkew,

    /// <summary>An address or link that the configuration names does not exist.</summary>
    [JsonStringEnumMemberName("link-missing")]
    LinkMissing,

    /// <summary>A configuration file cannot be read, or contains what no program understands.</summary>
    [JsonStringEnumMemberName("broken-configuration")]
    BrokenConfiguration,

    /// <summary>The message broker accepts no connections.</summary>
    [JsonStringEnumMemberName("broker-unreachable")]
    BrokerUnreachable,

    /// <summary>Placement does not answer.</summary>
    [JsonStringEnumMemberName("placement-down")]
    PlacementDown,

    /// <summary>The broker refuses the password that the process has loaded.</summary>
    [JsonStringEnumMemberName("stale-credentials")]
    StaleCredentials,

    /// <summary>The scheduler, the conductor or the API does not run.</summary>
    [JsonStringEnumMemberName("cells-down")]
    CellsDown,

    /// <summary>An operator disabled the compute service.</summary>
    [JsonStringEnumMemberName("disabled-by-operator")]
    DisabledByOperator,

    /// <summary>Nova disabled the compute service because libvirt is gone.</summary>
    [JsonStringEnumMemberName("disabled-auto")]
    DisabledAuto,

    /// <summary>An operator or a fencing system forced the compute service down.</summary>
    [JsonStringEnumMemberName("forced-down")]
    ForcedDown,

    /// <summary>A service exits again and again soon after its start.</summary>
    [JsonStringEnumMemberName("crash-loop")]
    CrashLoop,

    /// <summary>The compute service does not run.</summary>
    [JsonStringEnumMemberName("service-down")]
    ServiceDown,

    /// <summary>The compute service runs but reports nothing.</summary>
    [JsonStringEnumMemberName("service-hung")]
    ServiceHung,

    /// <summary>The host is mapped to no cell.</summary>
    [JsonStringEnumMemberName("host-not-mapped")]
    HostNotMapped,

    /// <summary>Placement has no provider for the host.</summary>
    [JsonStringEnumMemberName("placement-provider-missing")]
    PlacementProviderMissing,

    /// <summary>The flavor asks for more than the host has.</summary>
    [JsonStringEnumMemberName("flavor-too-big")]
    FlavorTooBig,

    /// <summary>The process runs with older configuration than the files have.</summary>
    [JsonStringEnumMemberName("stale-process")]
    StaleProcess,

    /// <summary>The host's resources are in use.</summary>
    [JsonStringEnumMemberName("placement-exhausted")]
    PlacementExhausted,

    /// <summary>The Neutron agent that plugs servers in is dead.</summary>
    [JsonStringEnumMemberName("agent-dead")]
    AgentDead,

    /// <summary>A filter of the scheduler, a trait or a zone keeps the host out.</summary>
    [JsonStringEnumMemberName("filtered-out")]
    FilteredOut,

    /// <summary>Keystone does not answer.</summary>
    [JsonStringEnumMemberName("identity-down")]
    IdentityDown,

    /// <summary>Keystone refuses the account of a service.</summary>
    [JsonStringEnumMemberName("account-refused")]
    AccountRefused,

    /// <summary>The catalog names no endpoint of a service, or one where something else answers.</summary>
    [JsonStringEnumMemberName("catalog-wrong")]
    CatalogWrong,

    /// <summary>A service of the catalog does not answer.</summary>
    [JsonStringEnumMemberName("endpoint-unreachable")]
    EndpointUnreachable,

    /// <summary>The database server does not answer.</summary>
    [JsonStringEnumMemberName("database-down")]
    DatabaseDown,

    /// <summary>The database server refuses the account of a service, or has no such database.</summary>
    [JsonStringEnumMemberName("database-refused")]
    DatabaseRefused,

    /// <summary>The database server has no connections left.</summary>
    [JsonStringEnumMemberName("connections-exhausted")]
    ConnectionsExhausted,

    /// <summary>Tables are not those of the installed release.</summary>
    [JsonStringEnumMemberName("schema-behind")]
    SchemaBehind,

    /// <summary>A disk is full.</summary>
    [JsonStringEnumMemberName("disk-full")]
    DiskFull,

    /// <summary>The cache of tokens does not answer.</summary>
    [JsonStringEnumMemberName("cache-away")]
    CacheAway,

    /// <summary>The certificate of an endpoint is not valid now.</summary>
    [JsonStringEnumMemberName("certificate-expired")]
    CertificateExpired,

    /// <summary>A unit that the cloud needs does not run.</summary>
    [JsonStringEnumMemberName("unit-down")]
    UnitDown,

    /// <summary>A process that the cloud needs is stopped by a signal.</summary>
    [JsonStringEnumMemberName("process-stopped")]
    ProcessStopped,

    /// <summary>The broker knows the account, and denies it the virtual host.</summary>
    [JsonStringEnumMemberName("broker-permission")]
    BrokerPermission,

    /// <summary>The mapping of a cell names another broker or database than the configuration.</summary>
    [JsonStringEnumMemberName("cell-wrong")]
    CellWrong,

    /// <summary>Two records claim to be one host.</summary>
    [JsonStringEnumMemberName("host-twice")]
    HostTwice,

    /// <summary>The southbound database of OVN does not answer.</summary>
    [JsonStringEnumMemberName("southbound-unreachable")]
    SouthboundUnreachable,

    /// <summary>OVN has no chassis for the host.</summary>
    [JsonStringEnumMemberName("chassis-missing")]
    ChassisMissing,

    /// <summary>The chassis of the host has another name than Nova's host.</summary>
    [JsonStringEnumMemberName("chassis-renamed")]
    ChassisRenamed,

    /// <summary>A physical network has no bridge on the host.</summary>
    [JsonStringEnumMemberName("mapping-missing")]
    MappingMissing,

    /// <summary>Nova may not use the socket of Open vSwitch.</summary>
    [JsonStringEnumMemberName("switch-denied")]
    SwitchDenied,

    /// <summary>Neutron could not bind a port to its host.</summary>
    [JsonStringEnumMemberName("binding-failed")]
    BindingFailed,

    /// <summary>Guests get no metadata.</summary>
    [JsonStringEnumMemberName("metadata-unreachable")]
    MetadataUnreachable,

    /// <summary>A guest has no address.</summary>
    [JsonStringEnumMemberName("address-missing")]
    AddressMissing,

    /// <summary>A subnet has no addresses left.</summary>
    [JsonStringEnumMemberName("addresses-exhausted")]
    AddressesExhausted,

    /// <summary>A subnet gives guests no addresses.</summary>
    [JsonStringEnumMemberName("dhcp-off")]
    DhcpOff,

    /// <summary>A project has used its quota.</summary>
    [JsonStringEnumMemberName("quota-exhausted")]
    QuotaExhausted,

    /// <summary>The image of a server does not exist.</summary>
    [JsonStringEnumMemberName("image-missing")]
    ImageMissing,

    /// <summary>The image of a server cannot be used.</summary>
    [JsonStringEnumMemberName("image-unusable")]
    ImageUnusable,

    /// <summary>An account of the cloud is disabled, unknown, or has no role.</summary>
    [JsonStringEnumMemberName("login-unusable")]
    LoginUnusable,
}
