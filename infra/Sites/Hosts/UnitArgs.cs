using Pulumi;

namespace Cloudlet.Sites;

/// <summary>One systemd unit.</summary>
public sealed class UnitArgs : ResourceArgs
{
    /// <summary>Whether it starts at boot; unchanged when left out.</summary>
    [Input("enabled")]
    public Input<bool>? Enabled { get; set; }

    /// <summary>Whether it runs now; unchanged when left out.</summary>
    [Input("running")]
    public Input<bool>? Running { get; set; }

    /// <summary>The whole unit file, written to /etc/systemd/system; for units without a package.</summary>
    [Input("content")]
    public Input<string>? Content { get; set; }

    [Input("dropIns")]
    private InputMap<string>? _dropIns;

    /// <summary>Drop-ins by name (without .conf): content of /etc/systemd/system/UNIT.d/NAME.conf.</summary>
    public InputMap<string> DropIns
    {
        get => _dropIns ??= [];
        set => _dropIns = value;
    }

    [Input("loads")]
    private InputList<string>? _loads;

    /// <summary>
    /// Absolute paths of the configuration files that its process reads when it starts; when one changes, the unit is restarted.
    /// </summary>
    public InputList<string> Loads
    {
        get => _loads ??= [];
        set => _loads = value;
    }

    /// <summary>What to do when a loaded file has changed: restart (the default), reload, or nothing.</summary>
    [Input("onChange")]
    public Input<OnChange>? OnChange { get; set; }

    [Input("mutable")]
    private InputList<string>? _mutable;

    /// <summary>
    /// Options that the process applies at a reload, as section.key or section.*, e.g. DEFAULT.debug; when nothing else changed, the unit
    /// is reloaded instead of restarted.
    /// </summary>
    public InputList<string> Mutable
    {
        get => _mutable ??= [];
        set => _mutable = value;
    }

    /// <summary>
    /// How to ask its process what it has loaded: guru, by the Guru Meditation Report of OpenStack services (SIGUSR2); needs
    /// [oslo_reports] log_dir.
    /// </summary>
    [Input("asks")]
    public Input<Asks>? Asks { get; set; }

    /// <summary>
    /// Seconds, 20 to 86400: when no thread of its main process or of a worker has run for this long, it counts as hung, and healthd
    /// restarts it; only for a service with running: true.
    /// </summary>
    [Input("hungAfter")]
    public Input<int>? HungAfter { get; set; }

    /// <summary>Seconds, 1 to 1200, to wait for a start, restart or reload; 300 when left out.</summary>
    [Input("startTimeout")]
    public Input<int>? StartTimeout { get; set; }

    [Input("after")]
    private InputList<string>? _after;

    /// <summary>What must be as described before the unit is changed: ids such as link:cloudlet0 or file:/etc/x.</summary>
    public InputList<string> After
    {
        get => _after ??= [];
        set => _after = value;
    }
}
