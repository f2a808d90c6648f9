using Pulumi;

namespace Cloudlet.Sites;

/// <summary>
/// One condition that an update waits for: exactly one of <see cref="Http"/>, <see cref="Tcp"/> and <see cref="Hostname"/>.
/// </summary>
public sealed class ConditionArgs : ResourceArgs
{
    /// <summary>A URL that must answer a GET request with the expected status; redirects are not followed.</summary>
    [Input("http")]
    public Input<string>? Http { get; set; }

    /// <summary>host:port, or [address]:port for IPv6, that must accept a connection.</summary>
    [Input("tcp")]
    public Input<string>? Tcp { get; set; }

    /// <summary>The name that the host must have.</summary>
    [Input("hostname")]
    public Input<string>? Hostname { get; set; }

    /// <summary>The expected HTTP status; any from 200 to 299 when left out.</summary>
    [Input("expect")]
    public Input<int>? Expect { get; set; }

    /// <summary>
    /// Absolute path on the host of a PEM file with the certificates that may have issued the server's; those of the system when left out.
    /// </summary>
    [Input("caFile")]
    public Input<string>? CaFile { get; set; }

    /// <summary>Seconds that an update waits, 1 to 86400; 1800 when left out, 60 for a hostname.</summary>
    [Input("timeout")]
    public Input<int>? Timeout { get; set; }

    /// <summary>
    /// The service of the host that answers; healthd restarts it when it runs and does not answer for <see cref="RestartAfter"/>.
    /// </summary>
    [Input("restartUnit")]
    public Input<string>? RestartUnit { get; set; }

    /// <summary>Seconds, 10 to 86400, without the expected answer before the restart; 120 when left out.</summary>
    [Input("restartAfter")]
    public Input<int>? RestartAfter { get; set; }

    [Input("after")]
    private InputList<string>? _after;

    /// <summary>What must be as described before the condition is waited for: ids such as unit:keystone.service.</summary>
    public InputList<string> After
    {
        get => _after ??= [];
        set => _after = value;
    }
}
