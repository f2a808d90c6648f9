using System.ComponentModel;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.BrokerAccounts;

/// <summary>One account.</summary>
[Description("One account of the host's RabbitMQ.")]
public sealed record BrokerAccountSection
{
    /// <summary>Its password.</summary>
    [Description("Name of the secret of this host that holds its password.")]
    public string? Secret { get; init; }

    /// <summary>Where the broker listens.</summary>
    [Description("Where the broker of this host listens (default: 127.0.0.1:5672).")]
    [SchemaPattern("^[0-9a-fA-F.:\\[\\]]+:[0-9]{1,5}$")]
    public string? Address { get; init; }

    /// <summary>Its virtual host.</summary>
    [Description("The virtual host, which must exist, in which it has all permissions (default: /).")]
    public string? VirtualHost { get; init; }
}

/// <summary>The section <c>brokerAccounts</c> of a host.</summary>
public static class HostBrokerAccounts
{
    /// <summary>Key of the section.</summary>
    public const string Key = "brokerAccounts";

    extension(HostSection host)
    {
        /// <summary>Name → account.</summary>
        public IReadOnlyDictionary<string, BrokerAccountSection>? BrokerAccounts
        {
            get => host.Section<BrokerAccountSection>(Key);
            internal set => host.SetSection(Key, value);
        }
    }
}
