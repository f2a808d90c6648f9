using Pulumi;

namespace Cloudlet.Sites;

/// <summary>One cell of Nova. Its URLs are templates: account, password and address are those of nova.conf.</summary>
public sealed class NovaCellArgs : ResourceArgs
{
    /// <summary>Name of its database; nova when left out, for cell0 nova_cell0.</summary>
    [Input("database")]
    public Input<string>? Database { get; set; }

    /// <summary>Name of the database of Nova's API, which lists the cells; nova_api when left out.</summary>
    [Input("apiDatabase")]
    public Input<string>? ApiDatabase { get; set; }

    /// <summary>No server is made in it; false when left out.</summary>
    [Input("disabled")]
    public Input<bool>? Disabled { get; set; }
}
