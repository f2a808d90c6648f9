using Pulumi;

namespace Cloudlet.Sites;

/// <summary>One unit of the service manager.</summary>
public sealed class UnitArgs : ResourceArgs
{
    /// <summary>Whether it starts at boot; left as it is when left out.</summary>
    [Input("enabled")]
    public Input<bool>? Enabled { get; set; }

    /// <summary>Whether it runs now; left as it is when left out.</summary>
    [Input("running")]
    public Input<bool>? Running { get; set; }

    /// <summary>The whole unit file, written to /etc/systemd/system; for units that no package brings.</summary>
    [Input("content")]
    public Input<string>? Content { get; set; }

    [Input("dropIns")]
    private InputMap<string>? dropIns;

    /// <summary>Drop-ins by name (without .conf): content of /etc/systemd/system/UNIT.d/NAME.conf.</summary>
    public InputMap<string> DropIns
    {
        get => dropIns ??= [];
        set => dropIns = value;
    }

    [Input("loads")]
    private InputList<string>? loads;

    /// <summary>Absolute paths of the configuration files that its process reads at its start; when one changes, the unit is restarted.</summary>
    public InputList<string> Loads
    {
        get => loads ??= [];
        set => loads = value;
    }

    /// <summary>What to do when a loaded file has changed: restart (the default), reload, or nothing.</summary>
    [Input("onChange")]
    public Input<OnChange>? OnChange { get; set; }

    [Input("mutable")]
    private InputList<string>? mutable;

    /// <summary>Options that the process takes over at a reload, as section.key or section.*, e.g. DEFAULT.debug; when nothing else changed, the unit is reloaded and not restarted.</summary>
    public InputList<string> Mutable
    {
        get => mutable ??= [];
        set => mutable = value;
    }

    /// <summary>How its process can say itself what it has loaded: guru, by the Guru Meditation Report of OpenStack services (SIGUSR2); needs [oslo_reports] log_dir.</summary>
    [Input("asks")]
    public Input<Asks>? Asks { get; set; }

    /// <summary>Seconds, 20 to 86400: when no thread of its main process, or of a worker, has run for so long, it hangs, and healthd starts it anew; only for a service, with running.</summary>
    [Input("hungAfter")]
    public Input<int>? HungAfter { get; set; }

    [Input("after")]
    private InputList<string>? after;

    /// <summary>What has to be as described before the unit is touched: ids such as link:cloudlet0 or file:/etc/x.</summary>
    public InputList<string> After
    {
        get => after ??= [];
        set => after = value;
    }
}
