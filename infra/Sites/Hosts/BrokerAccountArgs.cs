using Pulumi;

namespace Cloudlet.Sites;

/// <summary>One account of the host's RabbitMQ.</summary>
public sealed class BrokerAccountArgs : ResourceArgs
{
    /// <summary>Name of the secret of this host that holds its password.</summary>
    [Input("secret")]
    public Input<string>? Secret { get; set; }

    /// <summary>Where the broker of this host listens; 127.0.0.1:5672 when left out.</summary>
    [Input("address")]
    public Input<string>? Address { get; set; }

    /// <summary>The virtual host, which must exist, in which it has all permissions; / when left out.</summary>
    [Input("virtualHost")]
    public Input<string>? VirtualHost { get; set; }
}
