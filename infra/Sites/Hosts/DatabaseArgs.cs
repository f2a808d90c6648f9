using Pulumi;

namespace Cloudlet.Sites;

/// <summary>One database of the host's MariaDB.</summary>
public sealed class DatabaseArgs : ResourceArgs
{
    /// <summary>Default character set of new tables, e.g. utf8mb4; the server's when left out.</summary>
    [Input("charset")]
    public Input<string>? Charset { get; set; }

    /// <summary>Default collation of new tables, e.g. utf8mb4_general_ci; that of the character set when left out.</summary>
    [Input("collation")]
    public Input<string>? Collation { get; set; }
}

/// <summary>One account of the host's MariaDB.</summary>
public sealed class DatabaseAccountArgs : ResourceArgs
{
    [Input("hosts")]
    private InputList<string>? _hosts;

    [Input("databases")]
    private InputList<string>? _databases;

    /// <summary>Hosts that it may connect from; localhost and 127.0.0.1 when left out.</summary>
    public InputList<string> Hosts
    {
        get => _hosts ??= [];
        set => _hosts = value;
    }

    /// <summary>Name of the secret of this host that holds its password.</summary>
    [Input("secret")]
    public Input<string>? Secret { get; set; }

    /// <summary>Databases of this host on which it has all privileges.</summary>
    public InputList<string> Databases
    {
        get => _databases ??= [];
        set => _databases = value;
    }
}
