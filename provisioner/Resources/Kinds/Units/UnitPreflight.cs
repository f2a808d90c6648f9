using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.Machine.Files;
using Cloudlet.Machine.Systemd;

namespace Cloudlet.Resources.Kinds.Units;

/// <summary>
/// Why a unit is certain not to become as described: it has no file, it is masked, or systemd cannot read or enable it.
/// </summary>
internal sealed class UnitPreflight(Plan plan, IHostFiles files)
{
    /// <summary>All reasons; empty: no known reason.</summary>
    public IEnumerable<string> ReasonsAgainst(UnitSpec wanted, UnitInfo unit)
    {
        if (wanted.Enabled != true && wanted.Running != true)
            yield break;

        // This run cannot lift an operator's mask: a drop-in beside it changes nothing, and a unit file in its place is refused by the
        // files kind. One that is gone from the disk ends when systemd reads its unit files again.
        if (UnitMask.IsOurs(files, wanted.Name))
            yield break;
        if (unit.LoadState == "masked" && !(unit.NeedDaemonReload && wanted.Definition is not null))
        {
            yield return UnitMask.Refusal(wanted, files);
            yield break;
        }

        if (plan.InstallsPackages() || plan.Writes(path => UnitPaths.IsFileOf(path, wanted.Name)))
            yield break;
        switch (unit.LoadState)
        {
            case "not-found":
                yield return $"{wanted.Id}: unit {wanted.Name} does not exist on this host; describe the package or the `content` "
                    + "that brings it, and check the name (`systemctl list-unit-files`)";
                break;
            case "bad-setting" or "error":
                yield return $"{wanted.Id}: systemd cannot read the unit file of {wanted.Name} ({unit.LoadState}); see "
                    + $"`systemd-analyze verify {wanted.Name}`";
                break;
            default:
                if (wanted.Enabled == true && unit.UnitFileState == "static")
                    yield return $"{wanted.Id}: {wanted.Name} has no [Install] section, so it starts only when another unit needs "
                        + "it; remove `enabled`, or enable that other unit";
                break;
        }
    }
}
