using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.Machine.Files;
using Cloudlet.Machine.Systemd;

namespace Cloudlet.Resources.Kinds.Units;

/// <summary>
/// Masks of units: a link to /dev/null, or an empty file, in place of the unit file. Ours keep the scripts of a package from starting a
/// described unit before its description is applied; those of an operator stay.
/// </summary>
internal static class UnitMask
{
    /// <summary>Observed definition of a unit that we masked.</summary>
    public const string Reason = "masked while its package was installed; applying the unit lifts that";

    /// <summary>
    /// Target of our masks. systemd, systemctl and Debian's scripts look at what a link leads to, so to them it is a mask like any other;
    /// an operator's mask has the target /dev/null. The mark needs no record, so it survives a power failure at any point.
    /// </summary>
    private const string Mark = "/dev/../dev/null";

    private const string Folder = "/etc/systemd/system";

    /// <summary>True when the mask of the unit is ours.</summary>
    public static bool IsOurs(IHostFiles files, string unit) => files.Stat(PathOf(unit)) is { Target: Mark };

    /// <summary>Masks a unit that has no unit file yet.</summary>
    public static void Put(IHostFiles files, string unit) => files.WriteSymlink(PathOf(unit), Mark);

    /// <summary>Removes our mask, without making systemd read its unit files again.</summary>
    public static void Delete(IHostFiles files, string unit) => files.Delete(PathOf(unit));

    /// <summary>
    /// Removes our mask and returns the unit without it. The package could not enable a masked unit: with <paramref name="preset"/>, the
    /// unit is enabled or not as the presets of the host say, which is what the scripts of Debian's packages do.
    /// </summary>
    public static UnitInfo Lift(ISystemd systemd, IHostFiles files, string unit, bool preset)
    {
        Delete(files, unit);
        systemd.DaemonReload();
        var now = systemd.Get(unit);
        if (!preset || now.UnitFileState != "disabled" || unit.Contains('@'))
            return now;
        systemd.Preset(unit);
        return systemd.Get(unit);
    }

    /// <summary>Why a unit that an operator masked is left alone, and what to do.</summary>
    public static string Refusal(UnitSpec wanted, IHostFiles files)
    {
        var mask = UnitPaths.FragmentsOf(wanted.Name).FirstOrDefault(path => IsMask(files.Stat(path)));
        var by = mask is null ? "" : $" (by {mask})";
        var name = mask is null ? wanted.Name : Path.GetFileName(mask);
        var runtime = mask?.StartsWith("/run/", StringComparison.Ordinal) == true ? "--runtime " : "";
        return $"{wanted.Id}: an operator masked {name}{by}, which is left alone; run `systemctl unmask {runtime}{name}` if the "
            + "unit should be used again, or remove `enabled` and `running` from "
            + "its description";
    }

    private static string PathOf(string unit) => $"{Folder}/{unit}";

    private static bool IsMask(HostFileInfo? info) => info is { Target: "/dev/null" } or { Type: HostFileType.Regular, Length: 0 };
}
