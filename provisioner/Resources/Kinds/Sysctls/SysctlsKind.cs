using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.DesiredState.Kinds.Modules;
using Cloudlet.DesiredState.Kinds.Sysctls;
using Cloudlet.Machine.Kernel;

namespace Cloudlet.Resources.Kinds.Sysctls;

/// <summary>
/// Settings of the kernel. One that leaves the description gets the value from before our first change. The kernel reports no event for a
/// changed setting: the daemon finds it at its full check.
/// </summary>
public sealed class SysctlsKind(IKernel kernel) : IResourceKind<SysctlSpec>, ICanRemove<SysctlSpec>, IPreflight<SysctlSpec>
{
    /// <inheritdoc/>
    public ValueTask<SysctlSpec?> ObserveAsync(SysctlSpec desired, CancellationToken ct) =>
        new(
            kernel.ReadSetting(SysctlSpec.PathOf(desired.Name)) is { } value ? desired with { Value = SysctlSpec.Normalized(value) } : null
        );

    /// <inheritdoc/>
    public ValueTask ApplyAsync(SysctlSpec desired, SysctlSpec? observed, ChangeAction action, CancellationToken ct)
    {
        if (desired.Value is { } value)
            kernel.WriteSetting(SysctlSpec.PathOf(desired.Name), value);
        return ValueTask.CompletedTask;
    }

    /// <summary>A setting always has a value; what leaves the description gets its earlier one.</summary>
    public bool CanRemove(SysctlSpec spec) => false;

    /// <inheritdoc/>
    public string KeptBecause(SysctlSpec spec) => "a setting of the kernel cannot be removed";

    /// <inheritdoc/>
    public ValueTask RemoveAsync(SysctlSpec spec, CancellationToken ct) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> CheckAsync(SysctlSpec desired, SysctlSpec? observed, Plan plan, CancellationToken ct) =>
        new(
            observed is not null || plan.InstallsPackages() || plan.Makes(static c => c.Spec is ModuleSpec or LinkSpec)
                ? []
                :
                [
                    $"{desired.Id}: this kernel has no setting {desired.Name} that can be read; check its spelling (`sysctl -a`), or "
                        + "declare the module or the link that brings it",
                ]
        );
}
