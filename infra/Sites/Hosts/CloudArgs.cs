using Pulumi;

namespace Cloudlet.Sites;

/// <summary>
/// Where the cloud of the sections cloudProjects, cloudUsers and others answers, and the account that they are described with.
/// </summary>
public sealed class CloudArgs : ResourceArgs
{
    /// <summary>URL of Keystone, e.g. http://10.80.0.1:5000/v3.</summary>
    [Input("authUrl")]
    public Input<string>? AuthUrl { get; set; }

    /// <summary>Name of the account, in the domain Default (default: admin).</summary>
    [Input("username")]
    public Input<string>? Username { get; set; }

    /// <summary>Name of its project, in the domain Default, which owns networks, images and others (default: admin).</summary>
    [Input("project")]
    public Input<string>? Project { get; set; }

    /// <summary>Name of the secret of this host that holds its password.</summary>
    [Input("secret")]
    public Input<string>? Secret { get; set; }

    /// <summary>Region of the services (default: RegionOne for what is created, any for what is asked).</summary>
    [Input("region")]
    public Input<string>? Region { get; set; }

    /// <summary>Absolute path of a PEM file on this host with the certificates that may have issued those of the services.</summary>
    [Input("caFile")]
    public Input<string>? CaFile { get; set; }
}
