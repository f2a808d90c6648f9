using Cloudlet.Converge.Kinds;
using Cloudlet.DesiredState.Modules;
using Cloudlet.Errors;
using Cloudlet.Machine.Kernel;

namespace Cloudlet.Resources.Modules;

/// <summary>Kernel modules. They are loaded and never unloaded: whoever else uses one would lose it.</summary>
public sealed class ModulesKind(IKernel kernel) : IResourceKind<ModuleSpec>, ICaptures<ModuleSpec>
{
    /// <inheritdoc/>
    public ValueTask<ModuleSpec?> ObserveAsync(ModuleSpec desired, CancellationToken ct) =>
        new(desired with { Loaded = kernel.IsModuleAvailable(desired.Name) });

    /// <inheritdoc/>
    public async ValueTask ApplyAsync(ModuleSpec desired, ModuleSpec? observed, CancellationToken ct)
    {
        if (desired.Loaded == true)
            await kernel.LoadModuleAsync(desired.Name, ct);
        else if (desired.Loaded == false)
            throw new CloudletException(
                ErrorKind.Unsupported, $"{desired.Id}: modules are never unloaded, something may be using it; run `modprobe -r {desired.Name}` yourself, or take it out of the description");
    }

    /// <summary>Going back leaves a module as it is then.</summary>
    public ValueTask<ModuleSpec?> CaptureAsync(ModuleSpec observed, CancellationToken ct) => new(observed with { Loaded = null });
}
