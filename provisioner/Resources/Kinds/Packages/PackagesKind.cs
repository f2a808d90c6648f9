using Cloudlet.Converge.Healing;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.Packages;
using Cloudlet.Machine.Packages;

namespace Cloudlet.Resources.Kinds.Packages;

/// <summary>Packages of the distribution. A rollback leaves them: removing or downgrading one may remove others too.</summary>
public sealed class PackagesKind(IPackages packages, TimeProvider clock)
    : IResourceKind<PackageSpec>,
        IObservesMany<PackageSpec>,
        ICaptures<PackageSpec>,
        IPreflight<PackageSpec>,
        IReportsWarnings<PackageSpec>,
        IHealPolicy<PackageSpec>,
        IHealTraits
{
    private readonly PackageBatch _installs = new(packages.InstallAsync, clock);
    private readonly PackageBatch _removals = new(packages.RemoveAsync, clock);
    private (Plan Plan, NotOffered Answer)? _asked;

    /// <inheritdoc/>
    public async ValueTask<PackageSpec?> ObserveAsync(PackageSpec desired, CancellationToken ct) =>
        (await ObserveManyAsync([desired], ct))[0];

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<PackageSpec?>> ObserveManyAsync(IReadOnlyList<PackageSpec> desired, CancellationToken ct)
    {
        var installed = packages.InstalledVersions([.. desired.Select(d => d.Name)]);
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
    /// <remarks>
    /// The sources are queried once per plan, for all packages; what a change of the sources in the same run may bring is not yet known.
    /// </remarks>
    public async ValueTask<IReadOnlyList<string>> CheckAsync(PackageSpec desired, PackageSpec? observed, Plan plan, CancellationToken ct)
    {
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
            _asked = (plan, await packages.NotOfferedAsync(wanted, ct));
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
        if (!packages.Held([desired.Name]).Contains(desired.Name))
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
        packages.TakeKeptFiles() is { Count: > 0 } kept
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
