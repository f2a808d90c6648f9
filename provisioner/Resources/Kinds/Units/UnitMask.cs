using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.Machine.Files;

namespace Cloudlet.Resources.Kinds.Units;

/// <summary>Masks of units: a link to /dev/null, or an empty file, in place of the unit file.</summary>
internal static class UnitMask
{
    /// <summary>Why a masked unit is left alone, and what to do.</summary>
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

    private static bool IsMask(HostFileInfo? info) => info is { Target: "/dev/null" } or { Type: HostFileType.Regular, Length: 0 };
}
