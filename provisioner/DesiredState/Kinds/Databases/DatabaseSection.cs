using System.ComponentModel;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Databases;

/// <summary>One database.</summary>
[Description("One database.")]
public sealed record DatabaseSection
{
    /// <summary>Default character set.</summary>
    [Description("Default character set of new tables, e.g. utf8mb4 (default: the server's).")]
    [SchemaPattern("^[a-z0-9]+$")]
    public string? Charset { get; init; }

    /// <summary>Default collation.</summary>
    [Description("Default collation of new tables, e.g. utf8mb4_general_ci (default: that of the character set).")]
    [SchemaPattern("^[a-z0-9_]+$")]
    public string? Collation { get; init; }
}

/// <summary>The section <c>databases</c> of a host.</summary>
public static class HostDatabases
{
    /// <summary>Key of the section.</summary>
    public const string Key = "databases";

    extension(HostSection host)
    {
        /// <summary>Name → database.</summary>
        public IReadOnlyDictionary<string, DatabaseSection?>? Databases
        {
            get => host.Section<DatabaseSection?>(Key);
            internal set => host.SetSection(Key, value);
        }
    }
}
