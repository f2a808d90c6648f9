namespace Cloudlet.Machine.Packages;

/// <summary>The distribution's packages: dpkg's database is read directly, changes go through apt-get, one at a time.</summary>
public interface IPackages
{
    /// <summary>Installed version of each named package, or null where it is not fully installed. One read of the database for all.</summary>
    IReadOnlyDictionary<string, string?> InstalledVersions(IReadOnlyCollection<string> names);

    /// <summary>Installs packages without questions and without recommended ones; <c>name=version</c> pins one. Refreshes the lists once when a name is unknown.
    /// NotFound when no source has it, Busy when dpkg is locked longer than the timeout, ProcessFailed with apt's own words otherwise.</summary>
    Task InstallAsync(IReadOnlyCollection<string> names, CancellationToken ct);

    /// <summary>Removes packages, keeping their configuration files.</summary>
    Task RemoveAsync(IReadOnlyCollection<string> names, CancellationToken ct);
}
