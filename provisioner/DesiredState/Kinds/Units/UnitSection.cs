using System.ComponentModel;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Units;

/// <summary>One unit.</summary>
[Description("One unit of the service manager.")]
public sealed record UnitSection
{
    /// <summary>Starts at boot.</summary>
    [Description("Whether it starts at boot (default: unchanged).")]
    public bool? Enabled { get; init; }

    /// <summary>Runs now.</summary>
    [Description("Whether it runs now (default: unchanged).")]
    public bool? Running { get; init; }

    /// <summary>Unit file content.</summary>
    [Description("The whole unit file, written to /etc/systemd/system; for units that no package provides.")]
    public string? Content { get; init; }

    /// <summary>Drop-in name → content.</summary>
    [Description("Drop-ins by name (without .conf): content of /etc/systemd/system/UNIT.d/NAME.conf.")]
    public IReadOnlyDictionary<string, string>? DropIns { get; init; }

    /// <summary>Configuration files it loads.</summary>
    [Description("Absolute paths of the configuration files that its process reads at its start; when one changes, the unit is restarted.")]
    [SchemaPattern("^/.+")]
    public IReadOnlyList<string>? Loads { get; init; }

    /// <summary>What to do on change.</summary>
    [Description("What to do when a loaded file has changed: restart (the default), reload, or nothing.")]
    public OnChange? OnChange { get; init; }

    /// <summary>Options that a reload is enough for.</summary>
    [Description(
        "Options that the process applies on a reload, as section.key or section.*, e.g. DEFAULT.debug; when nothing else "
            + "changed, the unit is reloaded and not restarted."
    )]
    [SchemaPattern(OptionNames.Pattern)]
    public IReadOnlyList<string>? Mutable { get; init; }

    /// <summary>How the process reports its loaded configuration.</summary>
    [Description(
        "How its process reports its loaded configuration: guru, with the Guru Meditation Report of OpenStack services "
            + "(SIGUSR2); needs [oslo_reports] log_dir."
    )]
    public Asks? Asks { get; init; }

    /// <summary>Seconds after which a process that does not run hangs.</summary>
    [Description(
        "Seconds: a main or worker process of the unit in which no thread has run for this long hangs, and the health daemon "
            + "restarts the unit; only for services that are active on their own at least twice in this time."
    )]
    [SchemaRange(UnitSpec.ShortestHang, UnitSpec.LongestHang)]
    public int? HungAfter { get; init; }

    /// <summary>Seconds that a start is waited for.</summary>
    [Description(
        "Timeout in seconds for a start, restart or reload of the unit (default 300); after it, the run reports what systemd "
            + "knows and continues with the rest."
    )]
    [SchemaRange(1, UnitSpec.LongestStart)]
    public int? StartTimeout { get; init; }

    /// <summary>Other resources that have to be as described first.</summary>
    [Description("Ids of resources that must be as described before the unit is touched, such as link:cloudlet0 or file:/etc/x.")]
    [SchemaIds]
    public IReadOnlyList<string>? After { get; init; }
}

/// <summary>The section <c>units</c> of a host.</summary>
public static class HostUnits
{
    /// <summary>Key of the section.</summary>
    public const string Key = "units";

    extension(HostSection host)
    {
        /// <summary>Unit name → unit.</summary>
        public IReadOnlyDictionary<string, UnitSection>? Units
        {
            get => host.Section<UnitSection>(Key);
            internal set => host.SetSection(Key, value);
        }
    }
}
