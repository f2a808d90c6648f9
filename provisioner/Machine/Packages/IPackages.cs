namespace Cloudlet.Machine.Packages;

/// <summary>The distribution's packages: dpkg's database is read directly, changes go through apt-get, one at a time.</summary>
public interface IPackages
{
    /// <summary>
    /// Installed version of each named package, or null where it is not fully installed. One read of the database for all.
    /// </summary>
    IReadOnlyDictionary<string, string?> InstalledVersions(IReadOnlyCollection<string> names);

    /// <summary>
    /// The packages that no source offers at present, so that <see cref="InstallAsync"/> is certain to fail. Changes nothing on the host.
    /// </summary>
    Task<NotOffered> NotOfferedAsync(IReadOnlyCollection<string> names, CancellationToken ct) => Task.FromResult(new NotOffered([], ""));

    /// <summary>The packages that an operator holds (<c>apt-mark hold</c>): they are neither changed nor removed.</summary>
    IReadOnlySet<string> Held(IReadOnlyCollection<string> names) => new HashSet<string>();

    /// <summary>
    /// Returns, and forgets, the configuration files that installations kept because they were changed on this host; the package's version
    /// is next to each as <c>.dpkg-dist</c>.
    /// </summary>
    IReadOnlyList<string> TakeKeptFiles() => [];

    /// <summary>What the running installation or removal does at present, and how far it is; null: nothing is known.</summary>
    string? Progress => null;

    /// <summary>
    /// Installs packages non-interactively and without recommended ones; <c>name=version</c> pins one. Refreshes the lists once when a name
    /// is unknown. NotFound when no source has it, Busy when dpkg is locked longer than the timeout, ProcessFailed with apt's message
    /// otherwise.
    /// </summary>
    Task InstallAsync(IReadOnlyCollection<string> names, CancellationToken ct);

    /// <summary>
    /// Records units as known to the package system, for those that were masked while their package was installed. Without that record its
    /// next version counts as the first one, and enables and starts a unit that was disabled since. Does nothing where there is no such
    /// record.
    /// </summary>
    Task RecordUnitsAsync(IReadOnlyCollection<string> units, CancellationToken ct) => Task.CompletedTask;

    /// <summary>Removes packages, keeping their configuration files.</summary>
    Task RemoveAsync(IReadOnlyCollection<string> names, CancellationToken ct);
}

/// <summary>Packages that cannot be installed.</summary>
/// <param name="Names">As they were requested.</param>
/// <param name="Why">How fresh the package lists are, as clause.</param>
public sealed record NotOffered(IReadOnlyList<string> Names, string Why);
