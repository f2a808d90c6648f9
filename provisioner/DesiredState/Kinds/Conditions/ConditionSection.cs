using System.ComponentModel;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Conditions;

/// <summary>One condition.</summary>
[Description("One condition that an apply waits for: exactly one of http, tcp and hostname.")]
public sealed record ConditionSection
{
    /// <summary>URL that must answer.</summary>
    [Description("A URL that must answer a GET request with the expected status; redirects are not followed.")]
    [SchemaPattern("^https?://.+")]
    public string? Http { get; init; }

    /// <summary>Port that must accept connections.</summary>
    [Description("host:port, or [address]:port for IPv6, that must accept a connection.")]
    [SchemaPattern("^(\\[[0-9A-Fa-f:.]+\\]|[^:\\[\\]/@]+):[0-9]{1,5}$")]
    public string? Tcp { get; init; }

    /// <summary>Name of the host.</summary>
    [Description("The name that this host must have (hostname(1)).")]
    public string? Hostname { get; init; }

    /// <summary>Expected status.</summary>
    [Description("The expected HTTP status (default: any from 200 to 299); only with http.")]
    [SchemaRange(ConditionRules.SmallestStatus, ConditionRules.LargestStatus)]
    public int? Expect { get; init; }

    /// <summary>Trusted certificates.</summary>
    [Description(
        "Absolute path of a PEM file with the certificates that may have issued the server's certificate (default: those of the "
            + "system); only with http and an https URL."
    )]
    [SchemaPattern("^/.+")]
    public string? CaFile { get; init; }

    /// <summary>Seconds that an apply waits.</summary>
    [Description("How many seconds an apply waits (default 1800; hostname: 60); after that, what comes after the condition is skipped.")]
    [SchemaRange(1, ConditionSpec.LongestTimeout)]
    public int? Timeout { get; init; }

    /// <summary>Service that answers.</summary>
    [Description("The service of this host that answers; the health daemon restarts it when it runs and does not answer for restartAfter.")]
    [SchemaPattern("\\.service$")]
    public string? RestartUnit { get; init; }

    /// <summary>Seconds without an answer before the restart.</summary>
    [Description("Seconds without an expected answer before the health daemon restarts restartUnit (default 120).")]
    [SchemaRange(ConditionSpec.ShortestRestartAfter, ConditionSpec.LongestTimeout)]
    public int? RestartAfter { get; init; }

    /// <summary>Other resources that have to be as described first.</summary>
    [Description("Ids of resources that must be as described before the condition is waited for, such as unit:keystone.service.")]
    [SchemaIds]
    public IReadOnlyList<string>? After { get; init; }
}

/// <summary>The section <c>conditions</c> of a host.</summary>
public static class HostConditions
{
    /// <summary>Key of the section.</summary>
    public const string Key = "conditions";

    extension(HostSection host)
    {
        /// <summary>Name → condition.</summary>
        public IReadOnlyDictionary<string, ConditionSection>? Conditions
        {
            get => host.Section<ConditionSection>(Key);
            internal set => host.SetSection(Key, value);
        }
    }
}
