using Cloudlet.Converge.Healing;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.Packages;
using Cloudlet.Machine.Files;
using Cloudlet.Machine.Packages;
using Cloudlet.Machine.Systemd;

namespace Cloudlet.Resources.Kinds.Packages;

/// <summary>
/// Packages of the distribution. A rollback leaves them: removing or downgrading one may remove others too. Described units that an
/// installation brings are not started by it.
/// </summary>
public sealed class PackagesKind
    : IResourceKind<PackageSpec>,
        IShowsProgress<PackageSpec>,
        IObservesMany<PackageSpec>,
        ICaptures<PackageSpec>,
        IPreflight<PackageSpec>,
        IReportsWarnings<PackageSpec>,
        IHealPolicy<PackageSpec>,
        IHealTraits
{
    private readonly IPackages _packages;
    private readonly PackageMasks _masks;
    private readonly PackageBatch _installs;
    private readonly PackageBatch _removals;
    private (Plan Plan, NotOffered Answer)? _asked;

    /// <summary>Creates the kind.</summary>
    /// <param name="packages">The host's packages.</param>
    /// <param name="clock">Waits for more requests.</param>
    /// <param name="systemd">The service manager.</param>
    /// <param name="files">The host's files.</param>
    public PackagesKind(IPackages packages, TimeProvider clock, ISystemd systemd, IHostFiles files)
    {
        _packages = packages;
        _masks = new PackageMasks(systemd, files);
        _installs = new PackageBatch(InstallAsync, clock);
        _removals = new PackageBatch(packages.RemoveAsync, clock);
    }

    /// <inheritdoc/>
    public async ValueTask<PackageSpec?> ObserveAsync(PackageSpec desired, CancellationToken ct) =>
        (await ObserveManyAsync([desired], ct))[0];

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<PackageSpec?>> ObserveManyAsync(IReadOnlyList<PackageSpec> desired, CancellationToken ct)
    {
        var installed = _packages.InstalledVersions([.. desired.Select(d => d.Name)]);
        return new([.. desired.Select(spec => Of(spec, installed.GetValueOrDefault(spec.Name)))]);
    }

    /// <inheritdoc/>
    public async ValueTask ApplyAsync(PackageSpec desired, PackageSpec? observed, ChangeAction action, CancellationToken ct)
    {
        if (desired.Installed == false)
            await _removals.AddAsync(desired.Name, ct);
        else
            await _installs.AddAsync(NameOf(desired), ct);
    }

    /// <inheritdoc/>
    /// <remarks>One call of apt changes several packages; only the first of them reports it.</remarks>
    public string? Doing(PackageSpec changing) =>
        _installs.Leader == NameOf(changing) || _removals.Leader == changing.Name ? _packages.Progress : null;

    private async Task InstallAsync(IReadOnlyCollection<string> names, CancellationToken ct)
    {
        _masks.Put();
        try
        {
            await _packages.InstallAsync(names, ct);
        }
        catch (Exception) when (!ct.IsCancellationRequested)
        {
            // A package that was not finished runs its scripts again next time.
            _masks.LiftMissing();
            throw;
        }

        _masks.LiftMissing();
        await _packages.RecordUnitsAsync(_masks.Brought(), ct);
        _masks.LiftStopped();
    }

    /// <inheritdoc/>
    /// <remarks>
    /// The sources are queried once per plan, for all packages; what a change of the sources in the same run may bring is not yet known.
    /// </remarks>
    public async ValueTask<IReadOnlyList<string>> CheckAsync(PackageSpec desired, PackageSpec? observed, Plan plan, CancellationToken ct)
    {
        _masks.Describe(plan.Desired);
        if (HeldBecause(desired, observed) is { } refusal)
            return [refusal];
        if (desired.Installed == false || plan.Writes(static path => path.StartsWith("/etc/apt/", StringComparison.Ordinal)))
            return [];
        if (!ReferenceEquals(_asked?.Plan, plan))
        {
            string[] wanted =
            [
                .. plan.Changes.Select(static c => c.Spec).OfType<PackageSpec>().Where(static p => p.Installed != false).Select(NameOf),
            ];
            _asked = (plan, await _packages.NotOfferedAsync(wanted, ct));
        }

        var answer = _asked!.Value.Answer;
        return answer.Names.Contains(NameOf(desired))
            ?
            [
                $"{desired.Id}: no package source of this host offers {NameOf(desired)} ({answer.Why}); check the name and version "
                    + $"(`apt-cache policy {desired.Name}`), and /etc/apt/sources.list",
            ]
            : [];
    }

    /// <summary>Why apt would refuse a held package, after everything else was changed; null: it is not held.</summary>
    private string? HeldBecause(PackageSpec desired, PackageSpec? observed)
    {
        if (!_packages.Held([desired.Name]).Contains(desired.Name))
            return null;
        var (has, wants) = (
            observed?.Version is { } version ? $"at version {version}" : "as it is",
            desired.Installed == false ? "not installed" : desired.Version ?? "installed"
        );
        return $"{desired.Id}: an operator holds {desired.Name} {has}, and it is described as {wants}; run `apt-mark unhold "
            + $"{desired.Name}` if it may change, or describe its present version";
    }

    /// <inheritdoc/>
    public string? TakeWarning(PackageSpec changed) =>
        _packages.TakeKeptFiles() is { Count: > 0 } kept
            ? $"kept {string.Join(", ", kept)} as changed on this host; the package's own version is beside it, as .dpkg-dist"
            : null;

    /// <summary>There is nothing to restore.</summary>
    public ValueTask<PackageSpec?> CaptureAsync(PackageSpec observed, CancellationToken ct) => new((PackageSpec?)null);

    /// <inheritdoc/>
    public HealTraits Traits { get; } = new() { WaitsForBoot = true };

    /// <summary>Packages are installed by apply, never unattended.</summary>
    public HealVerdict Decide(PackageSpec desired, PlannedChange change, HealConditions now) =>
        new(ResourceState.LeftAlone, $"{desired.Name} is not as described; packages are changed by `cloudlet apply` only")
        {
            Alarm = AlarmKind.PackageMissing,
        };

    private static string NameOf(PackageSpec package) => package.Version is { } version ? $"{package.Name}={version}" : package.Name;

    private static PackageSpec? Of(PackageSpec desired, string? version)
    {
        if (version is not null)
            return desired with { Installed = true, Version = version };
        return desired.Installed == false ? desired with { Version = null } : null;
    }
}
