using Pulumi;

namespace Cloudlet.Sites;

/// <summary>The tables of one service of OpenStack.</summary>
public sealed class SchemaArgs : ResourceArgs
{
    [Input("databases")]
    private InputList<string>? _databases;

    /// <summary>The service: glance, keystone, neutron, nova, nova-api or placement; the name of the schema when left out.</summary>
    [Input("project")]
    public Input<string>? Project { get; set; }

    /// <summary>Databases of this host that hold its tables; the usual ones when left out.</summary>
    public InputList<string> Databases
    {
        get => _databases ??= [];
        set => _databases = value;
    }
}
