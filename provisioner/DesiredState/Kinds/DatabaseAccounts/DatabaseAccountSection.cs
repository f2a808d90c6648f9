using System.ComponentModel;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.DatabaseAccounts;

/// <summary>One account.</summary>
[Description("One account of the host's MariaDB.")]
public sealed record DatabaseAccountSection
{
    /// <summary>Hosts that it connects from.</summary>
    [Description("Hosts that it may connect from: names, addresses, or patterns with % (default: localhost and 127.0.0.1).")]
    [SchemaPattern("^[a-z0-9.:%_/-]{1,255}$")]
    public IReadOnlyList<string>? Hosts { get; init; }

    /// <summary>Its password.</summary>
    [Description("Name of the secret of this host that holds its password.")]
    public string? Secret { get; init; }

    /// <summary>Its databases.</summary>
    [Description("Databases of this host on which it has all privileges; it has no other privileges.")]
    public IReadOnlyList<string>? Databases { get; init; }
}

/// <summary>The section <c>databaseAccounts</c> of a host.</summary>
public static class HostDatabaseAccounts
{
    /// <summary>Key of the section.</summary>
    public const string Key = "databaseAccounts";

    extension(HostSection host)
    {
        /// <summary>Name → account.</summary>
        public IReadOnlyDictionary<string, DatabaseAccountSection>? DatabaseAccounts
        {
            get => host.Section<DatabaseAccountSection>(Key);
            internal set => host.SetSection(Key, value);
        }
    }
}
