using Pulumi;

namespace Cloudlet.Sites;

/// <summary>One flavor (size of servers) of the cloud.</summary>
public sealed class CloudFlavorArgs : ResourceArgs
{
    [Input("extraSpecs")]
    private InputMap<string>? _extraSpecs;

    /// <summary>Memory in MiB.</summary>
    [Input("ram")]
    public Input<int>? Ram { get; set; }

    /// <summary>Virtual processors.</summary>
    [Input("vcpus")]
    public Input<int>? Vcpus { get; set; }

    /// <summary>Root disk in GiB (default: 0, the size of the image).</summary>
    [Input("disk")]
    public Input<int>? Disk { get; set; }

    /// <summary>Whether every project may use it (default: true).</summary>
    [Input("public")]
    public Input<bool>? Public { get; set; }

    /// <summary>Its extra specs, e.g. `hw:cpu_policy: dedicated`; it has no others.</summary>
    public InputMap<string> ExtraSpecs
    {
        get => _extraSpecs ??= [];
        set => _extraSpecs = value;
    }
}

/// <summary>One image of the cloud: exactly one of file and url.</summary>
public sealed class CloudImageArgs : ResourceArgs
{
    [Input("properties")]
    private InputMap<string>? _properties;

    /// <summary>Absolute path on this host of the file with its data.</summary>
    [Input("file")]
    public Input<string>? File { get; set; }

    /// <summary>URL that its data is downloaded from.</summary>
    [Input("url")]
    public Input<string>? Url { get; set; }

    /// <summary>SHA-256 of its data, 64 hexadecimal digits; another one means another image.</summary>
    [Input("sha256")]
    public Input<string>? Sha256 { get; set; }

    /// <summary>Format of the disk: qcow2, raw, iso, vmdk, vdi, vhd, vhdx, aki, ari or ami (default: qcow2).</summary>
    [Input("diskFormat")]
    public Input<string>? DiskFormat { get; set; }

    /// <summary>Format of the container: bare, aki, ari, ami, ova or docker (default: bare, or as the disk for aki, ari and ami).</summary>
    [Input("containerFormat")]
    public Input<string>? ContainerFormat { get; set; }

    /// <summary>Who may use it: public, private, shared or community (default: public).</summary>
    [Input("visibility")]
    public Input<string>? Visibility { get; set; }

    /// <summary>Least memory of a server, in MiB (default: 0).</summary>
    [Input("minRam")]
    public Input<int>? MinRam { get; set; }

    /// <summary>Least disk of a server, in GiB (default: 0).</summary>
    [Input("minDisk")]
    public Input<int>? MinDisk { get; set; }

    /// <summary>Name of the image with its kernel.</summary>
    [Input("kernel")]
    public Input<string>? Kernel { get; set; }

    /// <summary>Name of the image with its initial RAM disk.</summary>
    [Input("ramdisk")]
    public Input<string>? Ramdisk { get; set; }

    /// <summary>Its properties, e.g. `os_distro: debian`; it has no others.</summary>
    public InputMap<string> Properties
    {
        get => _properties ??= [];
        set => _properties = value;
    }
}

/// <summary>The quotas of one project of the cloud; -1 means no limit.</summary>
public sealed class CloudQuotaArgs : ResourceArgs
{
    /// <summary>Servers (default: that of the cloud).</summary>
    [Input("instances")]
    public Input<int>? Instances { get; set; }

    /// <summary>Virtual processors (default: that of the cloud).</summary>
    [Input("cores")]
    public Input<int>? Cores { get; set; }

    /// <summary>Memory in MiB (default: that of the cloud).</summary>
    [Input("ram")]
    public Input<int>? Ram { get; set; }

    /// <summary>Public keys of an account (default: that of the cloud).</summary>
    [Input("keyPairs")]
    public Input<int>? KeyPairs { get; set; }

    /// <summary>Server groups (default: that of the cloud).</summary>
    [Input("serverGroups")]
    public Input<int>? ServerGroups { get; set; }

    /// <summary>Networks (default: that of the cloud).</summary>
    [Input("networks")]
    public Input<int>? Networks { get; set; }

    /// <summary>Subnets (default: that of the cloud).</summary>
    [Input("subnets")]
    public Input<int>? Subnets { get; set; }

    /// <summary>Ports (default: that of the cloud).</summary>
    [Input("ports")]
    public Input<int>? Ports { get; set; }

    /// <summary>Routers (default: that of the cloud).</summary>
    [Input("routers")]
    public Input<int>? Routers { get; set; }

    /// <summary>Floating IPs (default: that of the cloud).</summary>
    [Input("floatingIps")]
    public Input<int>? FloatingIps { get; set; }

    /// <summary>Security groups (default: that of the cloud).</summary>
    [Input("securityGroups")]
    public Input<int>? SecurityGroups { get; set; }

    /// <summary>Rules of security groups (default: that of the cloud).</summary>
    [Input("securityGroupRules")]
    public Input<int>? SecurityGroupRules { get; set; }
}

/// <summary>One public key.</summary>
public sealed class CloudKeypairArgs : ResourceArgs
{
    /// <summary>The key, as in ~/.ssh/id_ed25519.pub.</summary>
    [Input("publicKey")]
    public Input<string>? PublicKey { get; set; }
}
