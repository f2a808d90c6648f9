using Pulumi;

namespace Cloudlet.Sites;

/// <summary>One project of the cloud.</summary>
public sealed class CloudProjectArgs : ResourceArgs
{
    /// <summary>What it is for.</summary>
    [Input("description")]
    public Input<string>? Description { get; set; }

    /// <summary>Whether its users can work in it (default: true).</summary>
    [Input("enabled")]
    public Input<bool>? Enabled { get; set; }
}

/// <summary>One role of the cloud.</summary>
public sealed class CloudRoleArgs : ResourceArgs
{
    /// <summary>What it allows.</summary>
    [Input("description")]
    public Input<string>? Description { get; set; }
}

/// <summary>One account of the cloud.</summary>
public sealed class CloudUserArgs : ResourceArgs
{
    [Input("roles")]
    private InputMap<InputList<string>>? _roles;

    /// <summary>Name of the secret of this host that holds its password.</summary>
    [Input("secret")]
    public Input<string>? Secret { get; set; }

    /// <summary>Its default project.</summary>
    [Input("project")]
    public Input<string>? Project { get; set; }

    /// <summary>Its roles, by project, e.g. `service: [admin, service]`; it has no others in projects.</summary>
    public InputMap<InputList<string>> Roles
    {
        get => _roles ??= [];
        set => _roles = value;
    }

    /// <summary>What it is for.</summary>
    [Input("description")]
    public Input<string>? Description { get; set; }

    /// <summary>Whether it can log in (default: true).</summary>
    [Input("enabled")]
    public Input<bool>? Enabled { get; set; }
}

/// <summary>One service in the catalog of the cloud.</summary>
public sealed class CloudServiceArgs : ResourceArgs
{
    /// <summary>Its type, e.g. compute, image, network, placement.</summary>
    [Input("type")]
    public Input<string>? Type { get; set; }

    /// <summary>URL of all its endpoints that have none of their own, e.g. http://10.80.0.1:8774/v2.1.</summary>
    [Input("url")]
    public Input<string>? Url { get; set; }

    /// <summary>URL of its public endpoint.</summary>
    [Input("public")]
    public Input<string>? Public { get; set; }

    /// <summary>URL of its internal endpoint.</summary>
    [Input("internal")]
    public Input<string>? Internal { get; set; }

    /// <summary>URL of its endpoint for administrators.</summary>
    [Input("admin")]
    public Input<string>? Admin { get; set; }

    /// <summary>Region of its endpoints (default: that of `cloud`, or RegionOne).</summary>
    [Input("region")]
    public Input<string>? Region { get; set; }

    /// <summary>What it is.</summary>
    [Input("description")]
    public Input<string>? Description { get; set; }
}
