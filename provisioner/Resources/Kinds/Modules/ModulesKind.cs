using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.Modules;
using Cloudlet.Errors;
using Cloudlet.Machine.Kernel;

namespace Cloudlet.Resources.Kinds.Modules;

/// <summary>Kernel modules. They are loaded and never unloaded, because something else may be using them.</summary>
public sealed class ModulesKind(IKernel kernel) : IResourceKind<ModuleSpec>, ICaptures<ModuleSpec>, IPreflight<ModuleSpec>
{
    /// <inheritdoc/>
    public ValueTask<ModuleSpec?> ObserveAsync(ModuleSpec desired, CancellationToken ct) =>
        new(desired with { Loaded = kernel.IsModuleAvailable(desired.Name) });

    /// <inheritdoc/>
    public async ValueTask ApplyAsync(ModuleSpec desired, ModuleSpec? observed, ChangeAction action, CancellationToken ct)
    {
        if (desired.Loaded == true)
            await kernel.LoadModuleAsync(desired.Name, ct);
        else if (desired.Loaded == false)
            throw new CloudletException(
                ErrorKind.Unsupported,
                $"{desired.Id}: modules are never unloaded, because something may be using them; run `modprobe -r {desired.Name}` "
                    + "yourself, or remove it from the description"
            );
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> CheckAsync(ModuleSpec desired, ModuleSpec? observed, Plan plan, CancellationToken ct) =>
        new(
            desired.Loaded != true || kernel.CanLoad(desired.Name) || plan.InstallsPackages()
                ? []
                :
                [
                    $"{desired.Id}: the running kernel has no module {desired.Name}; install the kernel package that has it, or "
                        + "choose another driver",
                ]
        );

    /// <summary>A rollback leaves a module as it is.</summary>
    public ValueTask<ModuleSpec?> CaptureAsync(ModuleSpec observed, CancellationToken ct) => new(observed with { Loaded = null });
}
