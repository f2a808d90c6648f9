using Cloudlet.Errors;

namespace Cloudlet.Machine.Kernel;

/// <summary>Modules and properties of the running kernel, from procfs and sysfs.</summary>
public interface IKernel
{
    /// <summary>
    /// True when the module is loaded or built in (/proc/modules, /sys/module, modules.builtin). Dashes and underscores are equivalent.
    /// </summary>
    bool IsModuleAvailable(string name);

    /// <summary>
    /// False when <see cref="LoadModuleAsync"/> is certain to find no module of that name: it is not loaded, not built in, and this kernel
    /// has no file of it.
    /// </summary>
    bool CanLoad(string name) => true;

    /// <summary>Loads a module with modprobe; DriverMissing when this kernel does not have it.</summary>
    Task LoadModuleAsync(string name, CancellationToken ct);

    /// <summary>Parameters of a loaded module as /sys/module/NAME/parameters shows them; empty when there are none.</summary>
    IReadOnlyDictionary<string, string> ModuleParameters(string name);

    /// <summary>
    /// Value of a kernel setting (sysctl) without white space around it; null when this kernel has none there, or one that cannot be read.
    /// </summary>
    /// <param name="path">Path below /proc/sys, e.g. <c>net/ipv4/ip_forward</c>.</param>
    string? ReadSetting(string path);

    /// <summary>Sets a kernel setting until the next boot.</summary>
    /// <param name="path">As <see cref="ReadSetting"/> takes it.</param>
    /// <param name="value">The text to write.</param>
    /// <exception cref="CloudletException">NotFound: there is no such setting; InvalidInput: the kernel refuses the value; PermissionDenied
    /// or ReadOnly: /proc/sys cannot be written.</exception>
    void WriteSetting(string path, string value);

    /// <summary>Random id of this boot (/proc/sys/kernel/random/boot_id).</summary>
    string BootId { get; }
}
