using System.ComponentModel;

namespace Cloudlet.DesiredState.Kinds.NovaCells;

/// <summary>One cell.</summary>
[Description("One cell of Nova. Its URLs are templates: account, password and address are those of nova.conf.")]
public sealed record NovaCellSection
{
    /// <summary>Its database.</summary>
    [Description("Name of its database (default: nova; for cell0 nova_cell0).")]
    public string? Database { get; init; }

    /// <summary>The API database.</summary>
    [Description("Name of the database of Nova's API, which lists the cells (default: nova_api).")]
    public string? ApiDatabase { get; init; }

    /// <summary>No servers.</summary>
    [Description("No server is made in it (default: false).")]
    public bool? Disabled { get; init; }
}
