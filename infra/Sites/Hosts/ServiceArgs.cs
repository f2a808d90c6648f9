using Pulumi;

namespace Cloudlet.Sites;

/// <summary>The cloudlet service: an API for bases, VMs and overlays, on a unix socket and where <see cref="Listen"/> says.</summary>
public sealed class ServiceArgs : ResourceArgs
{
    [Input("listen")]
    private InputList<string>? _listen;

    /// <summary>
    /// Addresses to listen on, https://ADDRESS:PORT; http:// only on loopback, behind a proxy of the host (default: none, only the socket).
    /// </summary>
    public InputList<string> Listen
    {
        get => _listen ??= [];
        set => _listen = value;
    }

    [Input("names")]
    private InputList<string>? _names;

    /// <summary>Names and addresses by which clients reach the host, for its own certificate.</summary>
    public InputList<string> Names
    {
        get => _names ??= [];
        set => _names = value;
    }

    /// <summary>
    /// A certificate with its chain (PEM): absolute path on the host, or name of a secret of the host (default: the service makes its own).
    /// </summary>
    [Input("certificate")]
    public Input<string>? Certificate { get; set; }

    /// <summary>Private key of the certificate (PEM): absolute path on the host, or name of a secret of the host.</summary>
    [Input("key")]
    public Input<string>? Key { get; set; }

    [Input("fetchFrom")]
    private InputList<string>? _fetchFrom;

    /// <summary>
    /// Networks (CIDR) from which the service fetches overlays and bases for its clients (default: all but loopback and link-local ones).
    /// </summary>
    public InputList<string> FetchFrom
    {
        get => _fetchFrom ??= [];
        set => _fetchFrom = value;
    }

    /// <summary>What each project may use.</summary>
    [Input("quota")]
    public Input<ServiceQuotaArgs>? Quota { get; set; }

    [Input("quotas")]
    private InputMap<ServiceQuotaArgs>? _quotas;

    /// <summary>What single projects may use instead, by project; a limit that is left out is that of <see cref="Quota"/>.</summary>
    public InputMap<ServiceQuotaArgs> Quotas
    {
        get => _quotas ??= [];
        set => _quotas = value;
    }

    /// <summary>A Keystone whose tokens are accepted, too (default: none); its projects are projects of the service.</summary>
    [Input("keystone")]
    public Input<ServiceKeystoneArgs>? Keystone { get; set; }

    /// <summary>Requests a minute of an account, or of an address without one (default 1200; 0: unlimited).</summary>
    [Input("requestsPerMinute")]
    public Input<int>? RequestsPerMinute { get; set; }

    /// <summary>Folder of bases, VMs and overlays (default /var/lib/cloudlet-service/runtime).</summary>
    [Input("store")]
    public Input<string>? Store { get; set; }
}

/// <summary>A Keystone whose tokens the cloudlet service accepts.</summary>
public sealed class ServiceKeystoneArgs : ResourceArgs
{
    /// <summary>URL of its Identity API, such as https://controller:5000/v3.</summary>
    [Input("url")]
    public Input<string>? Url { get; set; }

    /// <summary>Absolute path, on the host, of certificates (PEM) that may have issued its own (default: those of the system).</summary>
    [Input("caFile")]
    public Input<string>? CaFile { get; set; }

    [Input("admin")]
    private InputList<string>? _admin;

    /// <summary>Roles of Keystone whose accounts are administrators of the service (default admin).</summary>
    public InputList<string> Admin
    {
        get => _admin ??= [];
        set => _admin = value;
    }

    [Input("member")]
    private InputList<string>? _member;

    /// <summary>Roles whose accounts change their project (default member).</summary>
    public InputList<string> Member
    {
        get => _member ??= [];
        set => _member = value;
    }

    [Input("reader")]
    private InputList<string>? _reader;

    /// <summary>Roles whose accounts look at their project (default reader).</summary>
    public InputList<string> Reader
    {
        get => _reader ??= [];
        set => _reader = value;
    }
}

/// <summary>Limits of a project of the cloudlet service.</summary>
public sealed class ServiceQuotaArgs : ResourceArgs
{
    /// <summary>How many VMs (default 10).</summary>
    [Input("vms")]
    public Input<int>? Vms { get; set; }

    /// <summary>Memory of its VMs together, in MiB (default 16384).</summary>
    [Input("memoryMib")]
    public Input<int>? MemoryMib { get; set; }

    /// <summary>Disk space of its bases, VMs, overlays and uploads together, in MiB (default 102400).</summary>
    [Input("storageMib")]
    public Input<int>? StorageMib { get; set; }

    /// <summary>How many uploads at once (default 4).</summary>
    [Input("uploads")]
    public Input<int>? Uploads { get; set; }
}
