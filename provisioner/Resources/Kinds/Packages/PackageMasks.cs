using System.Text;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;
using Cloudlet.Machine.Systemd;
using Cloudlet.Resources.Kinds.Units;

namespace Cloudlet.Resources.Kinds.Packages;

/// <summary>
/// Keeps the scripts of packages from starting units that are described: such a unit is masked before the installation when it does not
/// exist yet, and <see cref="UnitsKind"/> lifts the mask when it applies the unit. Which package brings which unit is not known before, so
/// every described unit without a unit file is masked.
/// </summary>
/// <remarks>
/// Only a unit whose description says whether it runs is masked; for any other the package decides, because nothing in the description
/// would start it later. A unit whose file is described is left to that file.
/// </remarks>
internal sealed class PackageMasks(ISystemd systemd, IHostFiles files)
{
    private const string Alias = "Alias=";

    private volatile IReadOnlyList<UnitSpec> _units = [];

    /// <summary>Takes note of the units of the state that is being applied.</summary>
    public void Describe(HostState desired)
    {
        var paths = desired.Resources.OfType<FileSpec>().Select(static f => f.Path).ToHashSet(StringComparer.Ordinal);
        _units =
        [
            .. desired.Resources.OfType<UnitSpec>().Where(u => u.Running is not null && !UnitPaths.FragmentsOf(u.Name).Any(paths.Contains)),
        ];
    }

    /// <summary>Masks the described units that do not exist yet.</summary>
    public void Put()
    {
        var isMasked = false;
        foreach (var unit in _units.Where(IsMissing))
        {
            UnitMask.Put(files, unit.Name);
            isMasked = true;
        }

        if (isMasked)
            systemd.DaemonReload();
    }

    /// <summary>
    /// Lifts the masks of units that no package brought. Such a name may be an alias of a unit that a package brought, which could not be
    /// enabled while the mask was in the place of the alias.
    /// </summary>
    public void LiftMissing()
    {
        foreach (var unit in Lift(unit => !IsBrought(unit.Name)))
            if (NamedBy(unit.Name) is { } real)
                systemd.Preset(real);
    }

    /// <summary>The masked units that have a unit file of their own by now.</summary>
    public IReadOnlyList<string> Brought() =>
        [
            .. _units
                .Select(static u => u.Name)
                .Where(name =>
                    !name.Contains('@')
                    && UnitMask.IsOurs(files, name)
                    && UnitPaths.FragmentsOf(name).Skip(1).Any(p => files.Stat(p) is not null)
                ),
        ];

    /// <summary>
    /// Lifts the masks of units that are described as not running: the installation is over, and they may be as described already, so that
    /// the plan has no change that would lift them.
    /// </summary>
    public void LiftStopped() => Lift(static unit => unit.Running == false);

    private List<UnitSpec> Lift(Func<UnitSpec, bool> isMeant)
    {
        var lifted = _units.Where(u => UnitMask.IsOurs(files, u.Name) && isMeant(u)).ToList();
        foreach (var unit in lifted)
            UnitMask.Lift(systemd, files, unit.Name, preset: unit.Enabled is null);
        return lifted;
    }

    /// <summary>The unit whose file has this name in its Alias=.</summary>
    private string? NamedBy(string alias)
    {
        foreach (
            var folder in UnitPaths.FragmentsOf(alias).Select(static path => Path.GetDirectoryName(path)!).Distinct(StringComparer.Ordinal)
        )
        foreach (var name in files.List(folder).Where(name => Path.GetExtension(name) == Path.GetExtension(alias)))
            if (
                files.Stat($"{folder}/{name}") is { Type: HostFileType.Regular }
                && files.Read($"{folder}/{name}") is { } content
                && HasAlias(Encoding.UTF8.GetString(content), alias)
            )
                return name;
        return null;
    }

    private static bool HasAlias(string text, string alias) =>
        text.Split('\n')
            .Where(static line => line.StartsWith(Alias, StringComparison.Ordinal))
            .Any(line => line[Alias.Length..].Split(' ', StringSplitOptions.TrimEntries).Contains(alias, StringComparer.Ordinal));

    private bool IsMissing(UnitSpec unit)
    {
        try
        {
            return systemd.Get(unit.Name).LoadState == "not-found" && files.Stat(UnitPaths.FragmentsOf(unit.Name).First()) is null;
        }
        catch (CloudletException e) when (e.Kind is ErrorKind.Unsupported or ErrorKind.Unreachable)
        {
            return false; // without systemd, scripts start nothing
        }
    }

    /// <summary>Whether the unit has a file besides our mask, or an init script from which systemd generates it.</summary>
    private bool IsBrought(string unit) =>
        UnitPaths.FragmentsOf(unit).Skip(1).Any(path => files.Stat(path) is not null)
        || files.Stat($"/etc/init.d/{Path.GetFileNameWithoutExtension(unit)}") is not null;
}
