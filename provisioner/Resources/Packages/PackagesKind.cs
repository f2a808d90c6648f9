using Cloudlet.Converge.Kinds;
using Cloudlet.DesiredState.Packages;
using Cloudlet.Machine.Packages;

namespace Cloudlet.Resources.Packages;

/// <summary>Packages of the distribution. Going back leaves them as they are: to remove or downgrade one may take others along.</summary>
public sealed class PackagesKind(IPackages packages, TimeProvider clock) : IResourceKind<PackageSpec>, IObservesMany<PackageSpec>, ICaptures<PackageSpec>
{
    private readonly PackageBatch installs = new(packages.InstallAsync, clock);
    private readonly PackageBatch removals = new(packages.RemoveAsync, clock);

    /// <inheritdoc/>
    public async ValueTask<PackageSpec?> ObserveAsync(PackageSpec desired, CancellationToken ct) => (await ObserveManyAsync([desired], ct))[0];

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<PackageSpec?>> ObserveManyAsync(IReadOnlyList<PackageSpec> desired, CancellationToken ct)
    {
        var installed = packages.InstalledVersions([.. desired.Select(d => d.Name)]);
        return new([.. desired.Select(spec => Of(spec, installed.GetValueOrDefault(spec.Name)))]);
    }

    /// <inheritdoc/>
    public async ValueTask ApplyAsync(PackageSpec desired, PackageSpec? observed, CancellationToken ct)
    {
        if (desired.Installed == false)
            await removals.AddAsync(desired.Name, ct);
        else
            await installs.AddAsync(desired.Version is { } version ? $"{desired.Name}={version}" : desired.Name, ct);
    }

    /// <summary>Nothing to bring back.</summary>
    public ValueTask<PackageSpec?> CaptureAsync(PackageSpec observed, CancellationToken ct) => new((PackageSpec?)null);

    private static PackageSpec? Of(PackageSpec desired, string? version)
    {
        if (version is not null)
            return desired with { Installed = true, Version = version };
        return desired.Installed == false ? desired with { Version = null } : null;
    }
}
