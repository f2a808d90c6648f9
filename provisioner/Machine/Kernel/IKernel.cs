namespace Cloudlet.Machine.Kernel;

/// <summary>Modules and facts of the running kernel, read from procfs and sysfs.</summary>
public interface IKernel
{
    /// <summary>True when the module is loaded or built in (/proc/modules, /sys/module, modules.builtin). Dashes and underscores are the same.</summary>
    bool IsModuleAvailable(string name);

    /// <summary>Loads a module with modprobe; DriverMissing when this kernel has none of that name.</summary>
    Task LoadModuleAsync(string name, CancellationToken ct);

    /// <summary>Parameters of a loaded module as /sys/module/NAME/parameters shows them; empty when there are none.</summary>
    IReadOnlyDictionary<string, string> ModuleParameters(string name);

    /// <summary>Random id of this boot (/proc/sys/kernel/random/boot_id).</summary>
    string BootId { get; }
}
