using Pulumi;

namespace Cloudlet.Sites;

/// <summary>The health daemon: it keeps the host as described, event by event, and after a reboot too.</summary>
public sealed class HealthArgs : ResourceArgs
{
    /// <summary>Seconds between two full checks, in case an event was lost (default 600).</summary>
    [Input("fullLook")]
    public Input<int>? FullLook { get; set; }

    /// <summary>How many heals of one resource may follow each other without a pause (default 10).</summary>
    [Input("burst")]
    public Input<int>? Burst { get; set; }

    /// <summary>How many further heals of one resource a minute (default 6).</summary>
    [Input("perMinute")]
    public Input<int>? PerMinute { get; set; }

    /// <summary>After how many consecutive failures to give up on a resource, with an alarm, until something changes (default 5).</summary>
    [Input("giveUpAfter")]
    public Input<int>? GiveUpAfter { get; set; }

    /// <summary>
    /// What to do about processes that run with an old configuration: restart them (auto, the default), or report that a restart is due and
    /// wait (deferred).
    /// </summary>
    [Input("restarts")]
    public Input<Restarts>? Restarts { get; set; }

    /// <summary>Address and port of this host where Prometheus reads metrics, e.g. 127.0.0.1:9810 (default: nowhere).</summary>
    [Input("metrics")]
    public Input<string>? Metrics { get; set; }

    /// <summary>Base address of an OTLP/HTTP collector that metrics are sent to, e.g. http://127.0.0.1:4318 (default: none).</summary>
    [Input("otlp")]
    public Input<string>? Otlp { get; set; }

    [Input("onAlarm")]
    private InputList<string>? _onAlarm;

    /// <summary>
    /// Program (absolute path) and arguments to run when an alarm is raised or cleared, with the alarm as JSON on standard input.
    /// </summary>
    public InputList<string> OnAlarm
    {
        get => _onAlarm ??= [];
        set => _onAlarm = value;
    }

    /// <summary>Name of a secret of this host that holds the URL to which alarms are posted as JSON.</summary>
    [Input("webhook")]
    public Input<string>? Webhook { get; set; }
}
