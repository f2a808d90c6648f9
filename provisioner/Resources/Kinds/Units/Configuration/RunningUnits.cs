using Cloudlet.Machine.Systemd;

namespace Cloudlet.Resources.Kinds.Units.Configuration;

/// <summary>Defines which units are running.</summary>
internal static class RunningUnits
{
    /// <summary>True for a unit whose process has loaded its configuration, or is reloading it.</summary>
    public static bool IsRunning(this UnitInfo unit) => unit.ActiveState is "active" or "reloading" or "refreshing";
}
